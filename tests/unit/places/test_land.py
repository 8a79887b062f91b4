"""The coasts behind a map of several countries."""

from __future__ import annotations

import shapely
from ckanext.steamcity.places import land, outlines
from shapely.geometry import Point, shape


def test_every_city_of_the_demo_stands_on_land() -> None:
    coast = shape(land.feature()["geometry"])
    cities = {area["slug"]: Point(area["centre"]) for area in outlines.areas() if area["kind"] == "city"}
    assert len(cities) == 10
    assert [slug for slug, centre in cities.items() if not coast.contains(centre)] == []


def test_seas_are_no_land() -> None:
    coast = shape(land.feature()["geometry"])
    seas = {
        "Adriatic": (16, 42.8),
        "Black Sea": (32, 43.5),
        "Biscay": (-5, 46),
        "Tyrrhenian": (12, 40),
        "Aegean": (25, 38.6),
    }
    assert [name for name, point in seas.items() if coast.contains(Point(point))] == []


def test_the_pieces_are_sound_and_small() -> None:
    pieces = shape(land.feature()["geometry"]).geoms
    assert all(shapely.is_valid(piece) for piece in pieces), [shapely.is_valid_reason(piece) for piece in pieces]
    assert sum(len(piece.exterior.coords) for piece in pieces) < 800


def test_rounding_closes_and_keeps_within() -> None:
    square = [[0, 0], [4, 0], [4, 4], [0, 4]]
    ring = land.rounded(square)
    assert ring[0] == ring[-1]
    assert len(ring) == 9
    assert all(0 <= value <= 4 for point in ring for value in point)


def test_only_wide_maps_stand_on_land() -> None:
    assert land.wide((-4, 40, 23, 51))
    assert not land.wide((5.2, 43.2, 5.6, 43.6))
    assert not land.wide(None)
