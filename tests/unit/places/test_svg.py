"""The drawn map: classes of colour, well-formed, safe, readable by those who cannot see it."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

import pytest
from ckanext.steamcity.places import outlines, svg

NS = "{http://www.w3.org/2000/svg}"


def feature(slug: str, **own: object) -> svg.Feature:
    area = next(a for a in outlines.areas() if a["slug"] == slug)
    properties = {"name": area["names"]["en"], "kind": area["kind"], "centre": area["centre"], "shade": 2, **own}
    return {"type": "Feature", "geometry": area["geometry"], "properties": properties}


@pytest.mark.parametrize(
    ("counts", "ends"), [([], []), ([0, 0], []), ([1], [1]), ([1, 3], [2, 3]), ([12, 1], [2, 3, 5, 8, 12])]
)
def test_classes_are_narrow_where_numbers_are_small(counts: list[int], ends: list[int]) -> None:
    assert svg.breaks(counts) == ends


def test_more_results_are_never_lighter() -> None:
    ends = svg.breaks([40])
    shades = [svg.shade(count, ends) for count in range(41)]
    assert shades == sorted(shades)
    assert (shades[0], shades[1], shades[40]) == (0, 1, 5)


def test_a_drawing_is_well_formed_and_tells_what_it_shows() -> None:
    text = svg.draw(
        [feature("madrid-retiro")], backdrop=[feature("es")], title="Map <b>", description="Retiro: 3 & more"
    )
    root = Tree.fromstring(text)  # noqa: S314  our own text
    assert root.find(f"{NS}title").text == "Map <b>"  # type: ignore[union-attr]
    assert root.get("role") == "img"
    assert len(root.findall(f"{NS}path")) == 2
    assert "style" not in text


def test_a_name_cannot_become_markup() -> None:
    root = Tree.fromstring(svg.draw([feature("madrid-retiro", label="<script>x</script>")], title="t"))  # noqa: S314
    assert root.find(f".//{NS}script") is None


def test_far_cities_become_dots_and_their_districts_wait() -> None:
    shown = [feature("madrid"), feature("sofia"), feature("sofia-lyulin")]
    root = Tree.fromstring(svg.draw(shown, title="t"))  # noqa: S314
    assert len(root.findall(f"{NS}circle")) == 2
    assert root.findall(f"{NS}path") == []


def test_nothing_to_draw_is_an_empty_map() -> None:
    assert Tree.fromstring(svg.draw([], title="t")).get("viewBox")  # noqa: S314
