"""School years of days and periods."""

from __future__ import annotations

from datetime import date

import pytest
from ckanext.steamcity.schools import years


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 8, 31), "2025-2026"),
        (date(2026, 9, 1), "2026-2027"),
        (date(2026, 1, 1), "2025-2026"),
        (date(2025, 12, 31), "2025-2026"),
    ],
)
def test_a_year_begins_in_september(day, year):
    assert years.school_year(day) == year


def test_the_years_of_a_period():
    """One, several over a summer, none when a day is missing."""
    assert years.of_period("2026-03-02", "2026-03-04") == ["2025-2026"]
    assert years.of_period("2026-06-20", "2026-09-10") == ["2025-2026", "2026-2027"]
    assert years.of_period("", "2026-03-04") == []
    assert years.of_period("2026-03-04", "later") == []
