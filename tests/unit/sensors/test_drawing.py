"""The course of a station's values: a line that breaks, points where it cannot be one."""

from __future__ import annotations

from typing import Any

import vl_convert
from ckanext.steamcity.sensors import drawing


def hours(*numbers: int, doubtful: int = 0) -> list[dict[str, Any]]:
    return [{"time": f"2026-03-05T{n:02d}:00:00Z", "result": 10.0 + n, "doubtful": doubtful} for n in numbers]


def points(found: list[dict[str, Any]]) -> int:
    """Points that are drawn: each is a path of its own with arcs."""
    svg = vl_convert.vegalite_to_svg(drawing.course(found, "Air temperature (°C)", "Time (UTC)", "en"))
    return svg.count('aria-roledescription="point"')


def test_an_hour_between_two_gaps_is_a_point():
    assert points(hours(1, 2, 3)) == 0
    assert points(hours(1, 2, 5, 8, 9)) == 1
    assert points(hours(1, 4, 7)) == 3


def test_a_doubtful_hour_is_one_hollow_point_and_no_two():
    assert points(hours(1, 4, 7, doubtful=1)) == 3


def test_the_title_of_the_values_lies_and_is_whole():
    spec = drawing.course(hours(1, 2), "Фини прахови частици PM2.5 (µg/m³)", "Време (UTC)", "bg", narrow=True)
    axis = spec["layer"][0]["encoding"]["y"]["axis"]
    assert axis["titleAngle"] == 0
    assert "µg/m³" in vl_convert.vegalite_to_svg(spec)
