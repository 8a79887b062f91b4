"""The computed outlines of the demo's places: valid, deterministic, in the right country, rounded."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from ckanext.steamcity.places import outlines
from shapely.geometry import Point, shape

AREAS = {area["slug"]: area for area in outlines.areas()}
SHAPES = {slug: shape(area["geometry"]) for slug, area in AREAS.items()}
# Corners rounded to about 100 m may move a border of a small quarter by this share of its surface.
ROUNDING = 0.05
CITIES = [area["slug"] for area in AREAS.values() if area["kind"] == "city"]


def of_kind(kind: str, city: str | None = None) -> list[str]:
    return [s for s, a in AREAS.items() if a["kind"] == kind and city in (None, a["city"])]


def test_slugs_are_unique() -> None:
    assert len(AREAS) == len(outlines.areas())


def test_the_demo_cities_and_their_units_are_there() -> None:
    expected = {"paris": 20, "marseille": 16, "bruxelles": 19, "napoli": 10, "madrid": 21, "sofia": 24, "arzano": 0}
    assert {city: len(of_kind("district", city)) for city in expected} == expected
    assert {"aix-en-provence", "caen", "la-rochelle"} < set(CITIES)
    assert {AREAS["marseille-belsunce"]["parent"], AREAS["aix-en-provence-jas-de-bouffan"]["parent"]} == {
        "marseille-1",
        "aix-en-provence",
    }


def test_parents_come_before_their_children_and_kinds_descend() -> None:
    seen: dict[str, str] = {}
    for area in outlines.areas():
        if area["parent"]:
            assert outlines.KINDS.index(seen[area["parent"]]) < outlines.KINDS.index(area["kind"])
        seen[area["slug"]] = area["kind"]


@pytest.mark.parametrize("slug", AREAS)
def test_an_outline_is_valid_named_and_rounded(slug: str) -> None:
    area, outline = AREAS[slug], SHAPES[slug]
    assert outline.geom_type == "MultiPolygon"
    assert outline.is_valid
    assert outline.area > 0
    assert all(polygon.exterior.is_ccw for polygon in outline.geoms)
    assert set(area["names"]) == set(outlines.LANGUAGES)
    assert all(name.strip() for name in area["names"].values())
    assert area["approximate"] is True
    flat = json.dumps(area["geometry"]["coordinates"]).replace("[", " ").replace("]", " ").replace(",", " ").split()
    assert all(len(number.partition(".")[2]) <= 3 for number in flat)


@pytest.mark.parametrize("slug", [s for s in AREAS if AREAS[s]["kind"] != "country"])
def test_an_outline_holds_its_centre_and_lies_in_its_parent(slug: str) -> None:
    area = AREAS[slug]
    parent = SHAPES[area["parent"] or ""]
    assert SHAPES[slug].contains(Point(area["centre"]))
    assert parent.contains(Point(area["centre"]))
    if area["kind"] in ("district", "quarter"):
        assert SHAPES[slug].intersection(parent).area > (1 - ROUNDING) * SHAPES[slug].area


@pytest.mark.parametrize("city", CITIES)
def test_districts_of_a_city_hardly_overlap(city: str) -> None:
    for one, other in combinations(of_kind("district", city), 2):
        assert SHAPES[one].intersection(SHAPES[other]).area < ROUNDING * min(SHAPES[one].area, SHAPES[other].area)


def test_neighbouring_cities_do_not_overlap() -> None:
    for one, other in combinations(CITIES, 2):
        assert SHAPES[one].intersection(SHAPES[other]).area < ROUNDING * min(SHAPES[one].area, SHAPES[other].area)


def test_the_same_list_gives_the_same_outlines() -> None:
    outlines.areas.cache_clear()
    outlines.source.cache_clear()
    assert {a["slug"]: a["geometry"] for a in outlines.areas()} == {s: a["geometry"] for s, a in AREAS.items()}


def test_bulgarian_names_are_in_cyrillic() -> None:
    for area in AREAS.values():
        assert any("а" <= letter <= "я" for letter in area["names"]["bg"].lower()), area["slug"]
