"""What the data step shows of the findings."""

from __future__ import annotations

import pytest
from ckanext.steamcity.schools.datastep import grouped


def finding(decision: str | None, *choices: str) -> dict:
    about = {"code": "unknown_choice", "severity": "error", "count": 1}
    return {**about, "choices": list(choices), "decision": decision}


@pytest.mark.parametrize("turned", [False, True])
def test_who_takes_suggestions_finds_that_choice_again(turned: bool):
    """Else the next press of a button would leave out what the suggestion says."""
    both = [finding("take_suggestion", "leave_out", "take_suggestion"), finding("leave_out", "leave_out")]
    (group,) = grouped(both[::-1] if turned else both)
    assert (group["decision"], group["choices"]) == ("take_suggestion", ["leave_out", "take_suggestion"])


def test_a_finding_that_is_open_shows_its_first_choice():
    assert grouped([finding(None, "leave_out", "keep")])[0]["decision"] is None
