"""What a chart draws where a line cannot be one."""

from __future__ import annotations

import re

import vl_convert
from ckanext.steamcity import protocols

CO2 = protocols.load("co2-indoor")
LINE = next(i for i, spec in enumerate(CO2.charts) if spec.kind == "line")


def points(*minutes: int, flag: int = 1) -> int:
    """Points drawn for rows at these minutes."""
    rows = [
        {
            "time": f"2026-03-02T{7 + m // 60:02d}:{m % 60:02d}:00Z",
            "co2": 600 + m,
            "temperature": 20,
            "quality_flag": flag,
        }
        for m in minutes
    ]
    svg = vl_convert.vegalite_to_svg(protocols.charts.chart(CO2, rows, "en", 640, LINE))
    return sum(group.count("<path") for group in re.findall(r'<g class="mark-symbol role-mark.*?</g>', svg))


def test_a_row_between_two_gaps_is_a_point() -> None:
    assert points(0, 5, 10, 15) == 0
    assert points(0, 5, 10, 60, 120, 125, 130) == 1
    assert points(0) == 1


def test_a_doubtful_row_is_one_hollow_point_and_no_two() -> None:
    assert points(0, 5, 10, 60, 120, 125, 130, flag=3) == 7
