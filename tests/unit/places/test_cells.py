"""Cells: never finer than may be published, and back on the map where they came from."""

from __future__ import annotations

import pytest
from ckanext.steamcity.places import cells, outlines
from shapely.geometry import Point, shape

MARSEILLE = (43.2965, 5.3698)


@pytest.mark.parametrize("resolution", range(cells.COARSEST, cells.FINEST + 1))
def test_a_cell_holds_its_point(resolution: int) -> None:
    cell = cells.cell_of(*MARSEILLE, resolution)
    polygon = shape(cells.polygon(cell))
    assert cells.is_cell(cell)
    assert cells.resolution(cell) == resolution
    assert polygon.contains(Point(MARSEILLE[1], MARSEILLE[0]))
    assert polygon.contains(Point(cells.centre(cell)))
    assert polygon.exterior.is_ccw


def test_a_coarser_cell_is_the_parent() -> None:
    fine = cells.cell_of(*MARSEILLE, 9)
    assert cells.parent(fine, 7) == cells.cell_of(*MARSEILLE, 7)


@pytest.mark.parametrize("resolution", [0, 4, 10, 15])
def test_finer_or_coarser_than_we_publish_is_refused(resolution: int) -> None:
    with pytest.raises(ValueError, match="resolution"):
        cells.cell_of(*MARSEILLE, resolution)


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), (float("nan"), 0), (0, float("inf"))])
def test_impossible_coordinates_are_refused(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="earth"):
        cells.cell_of(lat, lon, 8)


@pytest.mark.parametrize("value", ["", "zz", "8a39601a6b4ffff", "8f39601a6b4d8ad", "../../etc"])
def test_other_values_are_no_published_cells(value: str) -> None:
    """The second and third are real cells of resolutions 10 and 15: too fine."""
    assert not cells.is_cell(value)


def test_labels_use_the_language_of_the_reader() -> None:
    cell = cells.cell_of(*MARSEILLE, 8)
    names = outlines.source()["cell_names"]
    english = cells.label(cell, names["en"], "en", "Marseille")
    french = cells.label(cell, names["fr"], "fr", "Marseille")
    size = f"{cells.size_km2(cell):g}"
    assert size in english
    assert size.replace(".", ",") in french
    assert "Marseille" in french
