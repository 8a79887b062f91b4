"""How finely places and times may be published: one table, applied always the same way, never with chance.

Public through the package. A cell is an H3 index; an area is a name the portal knows (``area:<slug>``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import h3

CLASSES = ("P0", "P1", "P2", "P3")
SETTINGS = ("school", "public_space", "walk", "home", "respondents", "station", "unknown")
TimeStep = Literal["as_measured", "hour", "day", "period"]


@dataclass(frozen=True)
class Policy:
    """What may be published of a thing.

    kind: ``area`` – a named area, or where none is known a cell of ``resolution``; ``cell`` – a cell of ``resolution``.
    time_step: as measured, by the hour, by the day, or only the whole period.
    minimum_points: cells with fewer points are merged into ``merge_resolution``.
    minimum_group: groups of fewer answers are not published (0: rows are published).
    point_decimals: decimals of a point a coordinator may release for a school's own outdoor station (None: never).
    """

    kind: Literal["area", "cell"]
    resolution: int
    time_step: TimeStep = "as_measured"
    minimum_points: int = 1
    merge_resolution: int | None = None
    minimum_group: int = 0
    point_decimals: int | None = None


_UNKNOWN = Policy("cell", 8)
_HOME = Policy("area", 7, "day")
_ANSWERS = Policy("area", 7, "period", minimum_group=5)
_WALK = Policy("cell", 9, "hour", minimum_points=3, merge_resolution=8)
_TABLE = {
    ("P0", "school"): Policy("area", 8),
    ("P0", "public_space"): Policy("cell", 9, point_decimals=3),
    ("P0", "walk"): _WALK,
    ("P0", "station"): Policy("cell", 9, point_decimals=3),
    ("P1", "school"): Policy("area", 8, "hour"),
    ("P1", "public_space"): _WALK,
    ("P1", "walk"): _WALK,
    ("P1", "station"): Policy("cell", 9, "hour"),
}


def policy(privacy_class: str, setting: str) -> Policy:
    """Return the policy for a privacy class in a setting. What is not known gets the coarser answer."""
    if privacy_class not in CLASSES:
        raise ValueError(f"unknown privacy class: {privacy_class!r}")
    if privacy_class in ("P2", "P3") or setting == "respondents":
        return _ANSWERS
    if setting == "home":
        return _HOME
    fallback = _UNKNOWN if privacy_class == "P0" else replace(_UNKNOWN, time_step="hour")
    return _TABLE.get((privacy_class, setting), fallback)


def coarsen_point(lat: float, lon: float, policy: Policy) -> str:
    """Return the cell that is published for a point (where the policy says area: the answer when none is known)."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("a latitude lies between -90 and 90, a longitude between -180 and 180")
    return h3.latlng_to_cell(lat, lon, policy.resolution)


def round_point(lat: float, lon: float, decimals: int = 3) -> tuple[float, float]:
    """Round a point; three decimals are about 100 metres. More than three are never given."""
    places = min(decimals, 3)
    return round(lat, places), round(lon, places)


def station_place(lat: float, lon: float, exposure: str, place: str = "") -> tuple[float, float, str]:
    """Latitude, longitude and place of a sensor station as they may be known. Only an outdoor station shows a point of
    three decimals. ``place``: the area or cell of which the point is only the middle, where nothing finer is known."""
    latitude, longitude, cell = _point_of_station(lat, lon, exposure)
    said, finest = resolution_of(place), _of_station(exposure).resolution
    wider = place.startswith("area:") or (said is not None and said < finest)
    return latitude, longitude, place if wider else cell


def network_place(place: str, exposure: str) -> str:
    """The place of a network as it may be known: of one whose sensors do not stand outdoors not more exactly than of
    the sensors themselves."""
    said, finest = resolution_of(place), _of_station(exposure).resolution
    return f"cell:{h3.cell_to_parent(place[5:], finest)}" if said is not None and said > finest else place


def resolution_of(place: str) -> int | None:
    """How fine the cell of a place is; None where it is no cell."""
    kind, _, key = place.partition(":")
    return h3.get_resolution(key) if kind == "cell" and h3.is_valid_cell(key) else None


def _of_station(exposure: str) -> Policy:
    return policy("P0", "station" if exposure == "outdoor" else "unknown")


def _point_of_station(lat: float, lon: float, exposure: str) -> tuple[float, float, str]:
    rule = _of_station(exposure)
    if exposure == "outdoor":
        lat, lon = round_point(lat, lon, rule.point_decimals or 0)
        return lat, lon, f"cell:{coarsen_point(lat, lon, rule)}"
    cell = coarsen_point(lat, lon, rule)
    lat, lon = round_point(*h3.cell_to_latlng(cell))
    return lat, lon, f"cell:{cell}"


def coarsen_time(when: datetime, policy: Policy) -> datetime | None:
    """Cut a time down to the policy's step; None where only the period of the whole is published."""
    if policy.time_step == "as_measured":
        return when
    if policy.time_step == "hour":
        return when.replace(minute=0, second=0, microsecond=0)
    if policy.time_step == "day":
        return when.replace(hour=0, minute=0, second=0, microsecond=0)
    return None


def merge_cells(cells: Iterable[str], policy: Policy) -> dict[str, str]:
    """Say under which cell the points of each cell are published.

    Cells with fewer than ``minimum_points`` points go up to ``merge_resolution``. Where what went up is still too
    little, the smallest neighbour under the same parent goes up too: what is missing must not show the few.
    """
    counts = Counter(cells)
    if policy.merge_resolution is None:
        return {cell: cell for cell in counts}
    families: dict[str, list[str]] = {}
    for cell in sorted(counts, key=lambda cell: (counts[cell], cell)):
        families.setdefault(h3.cell_to_parent(cell, policy.merge_resolution), []).append(cell)
    published = {}
    for parent, members in families.items():
        merged = sum(1 for cell in members if counts[cell] < policy.minimum_points)
        while 0 < merged < len(members) and sum(counts[cell] for cell in members[:merged]) < policy.minimum_points:
            merged += 1
        published |= {cell: parent if index < merged else cell for index, cell in enumerate(members)}
    return published
