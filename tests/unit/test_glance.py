"""The few points a card shows of a table."""

from __future__ import annotations

import re

from ckanext.steamcity import glance


def points(path: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r"(\d+) (\d+)", path)]


def test_a_rising_course_rises_within_its_frame() -> None:
    """From the lower left to the upper right corner, in at most 32 points."""
    drawn = points(glance.course(range(1000)))
    assert len(drawn) == 32
    assert drawn[0] == (1, 23)
    assert drawn[-1] == (95, 1)
    assert [y for _, y in drawn] == sorted((y for _, y in drawn), reverse=True)


def test_few_values_are_drawn_one_by_one() -> None:
    assert points(glance.course([1, 3, 2])) == [(1, 23), (48, 1), (95, 12)]


def test_nothing_to_draw() -> None:
    assert [glance.course(values) for values in ([], [4.0], [2, 2, 2])] == ["", "", ""]
