"""Land and sea behind a map of whole countries: coasts by hand (`schemas/land.yaml`), with rounded corners. Pure.

The coasts are too rough to stand behind a city; `wide` says from when on they help. Only `places/` imports this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# Degrees: what spans less is a city or two, where a coast 20 km off would mislead.
_WIDE = 3.0
Point = tuple[float, float]


def wide(box: tuple[float, float, float, float] | None) -> bool:
    """Whether a map of this box (west, south, east, north) shows more than a region."""
    return box is not None and max(box[2] - box[0], box[3] - box[1]) >= _WIDE


@cache
def feature() -> dict[str, Any]:
    """The land as one GeoJSON Feature."""
    text = files("ckanext.steamcity.schemas").joinpath("land.yaml").read_text(encoding="utf-8")
    outlines = [ring for part in yaml.safe_load(text)["outlines"].values() for ring in part]
    return {
        "type": "Feature",
        "id": "land",
        "geometry": {"type": "MultiPolygon", "coordinates": [[rounded(ring)] for ring in outlines]},
        "properties": {"place": "land", "kind": "land"},
    }


def rounded(ring: Sequence[Sequence[float]]) -> list[Point]:
    """A closed ring with every corner cut (Chaikin), so that it reads as a coast and not as a measurement."""
    cut: list[Point] = []
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cut += [(_between(x0, x1, 0.25), _between(y0, y1, 0.25)), (_between(x0, x1, 0.75), _between(y0, y1, 0.75))]
    return [*cut, cut[0]]


def _between(a: float, b: float, share: float) -> float:
    return round(a + (b - a) * share, 2)
