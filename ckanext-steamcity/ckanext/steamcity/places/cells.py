"""Cells of the hexagonal grid (H3): the place of things where no area is known or allowed.

Pure; anybody may import it.
"""

from __future__ import annotations

import math
from typing import Any

import h3

# Coarser than 5 says nothing about a city, finer than 9 (0.1 km²) is never published.
COARSEST, FINEST = 5, 9


def cell_of(lat: float, lon: float, resolution: int) -> str:
    """The cell that holds the point. ValueError for impossible coordinates or a resolution we never publish."""
    if not COARSEST <= resolution <= FINEST:
        raise ValueError(f"resolution must be between {COARSEST} and {FINEST}")
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError("not a point on earth")
    return h3.latlng_to_cell(lat, lon, resolution)


def is_cell(value: str) -> bool:
    """Whether `value` is the index of a cell that may be published."""
    return h3.is_valid_cell(value) and COARSEST <= h3.get_resolution(value) <= FINEST


def resolution(cell: str) -> int:
    """Resolution of `cell`: 5 (about 250 km²) to 9 (about 0.1 km²)."""
    return h3.get_resolution(cell)


def parent(cell: str, resolution: int) -> str:
    """The coarser cell that `cell` belongs to."""
    return h3.cell_to_parent(cell, resolution)


def centre(cell: str) -> list[float]:
    """[longitude, latitude] of the middle of `cell`."""
    lat, lon = h3.cell_to_latlng(cell)
    return [round(lon, 5), round(lat, 5)]


def polygon(cell: str) -> dict[str, Any]:
    """GeoJSON Polygon of `cell`, counter-clockwise and closed."""
    ring = [[round(lon, 5), round(lat, 5)] for lat, lon in h3.cell_to_boundary(cell)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def size_km2(cell: str) -> float:
    """About how large `cell` is, with one or two telling digits."""
    size = h3.cell_area(cell, unit="km^2")
    return round(size, 1) if size < 10 else float(round(size))


def label(cell: str, template: str, language: str, area: str = "") -> str:
    """Name of `cell` from a template with `{km2}` and `{area}`, with the decimal sign of `language`."""
    size = f"{size_km2(cell):g}"
    return template.format(km2=size if language == "en" else size.replace(".", ","), area=area)
