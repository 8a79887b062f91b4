"""Draw a map as SVG: what people see without JavaScript, in print, and before the interactive map has loaded. Pure.

Nothing in it needs a style attribute or a script. Anybody may import it; templates use `h.steamcity_map_svg`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

# A colour-blind-safe scale from light to dark; the first is for areas without a result. map.css says the same.
SHADES = ("#efece3", "#cfe08a", "#7cc59a", "#3c8f95", "#3d5a8c", "#40225f")
_PALE = ("#f6f4ee", "#cfcabb")
_LAND, _SEA = "#f1ede2", "#e6eef1"
_MARKED = ("#3c8f95", "#1d2733")
# A dot of the largest class fits into the margin.
_WIDTH, _MARGIN, _SMALLEST, _TALLEST = 640.0, 28.0, 12.0, 1.0
_OUTLINED_FROM = 60.0

Bounds = tuple[float, float, float, float]
Feature = dict[str, Any]


def breaks(counts: Iterable[int]) -> list[int]:
    """Upper ends of at most five classes of numbers of results, closer together where numbers are small."""
    most = max(counts, default=0)
    return sorted({math.ceil(round(most ** (step / 5), 6)) for step in range(1, 6)}) if most > 0 else []


def shade(count: int | None, ends: Sequence[int]) -> int:
    """Which colour of SHADES an area with `count` results has."""
    if not count or not ends:
        return 0
    position = next((n for n, end in enumerate(ends, start=1) if count <= end), len(ends))
    return max(1, round(position * (len(SHADES) - 1) / len(ends)))


def bounds(features: Iterable[Feature]) -> Bounds | None:
    """West, south, east, north of all outlines; None when there are none."""
    points = [point for feature in features for ring in rings(feature["geometry"]) for point in ring]
    if not points:
        return None
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def rings(geometry: dict[str, Any]) -> list[Sequence[Sequence[float]]]:
    """Every ring of a Polygon or MultiPolygon."""
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    return [ring for polygon in polygons for ring in polygon]


def draw(
    features: Sequence[Feature],
    *,
    backdrop: Sequence[Feature] = (),
    title: str,
    description: str = "",
    identifier: str = "steamcity-map",
) -> str:
    """An SVG element with `title` and `description` for those who cannot see it."""
    view = _View(bounds(features) or bounds(backdrop) or (-10.0, 36.0, 29.0, 52.0))
    shapes = [_shape(view, feature, pale=True) for feature in backdrop]
    shapes += [_shape(view, feature) for feature in features]
    ids = f"{identifier}-title {identifier}-desc" if description else f"{identifier}-title"
    described = f"<desc id={quoteattr(identifier + '-desc')}>{escape(description)}</desc>" if description else ""
    if any(feature["properties"].get("kind") == "land" for feature in backdrop):
        shapes.insert(0, f'<rect class="steamcity-map-sea" width="100%" height="100%" fill="{_SEA}"></rect>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="steamcity-map-svg" role="img" aria-labelledby={quoteattr(ids)}'
        f' viewBox="0 0 {view.width:.0f} {view.height:.0f}">'
        f"<title id={quoteattr(identifier + '-title')}>{escape(title)}</title>{described}{''.join(shapes)}</svg>"
    )


class _View:
    """Where a longitude and latitude come to lie on the drawing."""

    def __init__(self, box: Bounds) -> None:
        west, south, east, north = box
        self.squeeze = math.cos(math.radians((south + north) / 2))
        # Never closer than about 2 km: a single small area needs its surroundings.
        wide = max((east - west) * self.squeeze, 0.02)
        tall = max(north - south, 0.015)
        self.scale = min((_WIDTH - 2 * _MARGIN) / wide, (_WIDTH * _TALLEST - 2 * _MARGIN) / tall)
        self.width = _WIDTH
        self.height = tall * self.scale + 2 * _MARGIN
        self.middle = ((west + east) / 2, (south + north) / 2)

    def place(self, point: Sequence[float]) -> tuple[float, float]:
        x = self.width / 2 + (point[0] - self.middle[0]) * self.squeeze * self.scale
        y = self.height / 2 - (point[1] - self.middle[1]) * self.scale
        return round(x, 1), round(y, 1)


def _shape(view: _View, feature: Feature, *, pale: bool = False) -> str:
    properties = feature["properties"]
    paths = [[view.place(point) for point in ring] for ring in rings(feature["geometry"])]
    xs, ys = [p[0] for path in paths for p in path], [p[1] for path in paths for p in path]
    size = max(max(xs) - min(xs), max(ys) - min(ys))
    if pale and properties.get("kind") == "land":
        return _path(paths, "steamcity-map-land", _LAND, _LAND)
    if pale:
        return _path(paths, "steamcity-map-back", _PALE[0], _PALE[1])
    label = f"<title>{escape(properties.get('label') or properties.get('name') or '')}</title>"
    if properties.get("marked"):
        kind, fill, line = "steamcity-map-marked", *_MARKED
    else:
        level = properties.get("shade") or 0
        kind, fill, line = f"steamcity-map-shade-{level}", SHADES[level], "#ffffff"
    if properties.get("kind") == "city" and size >= _OUTLINED_FROM and properties.get("divided"):
        # Its districts are drawn on top; where they leave a gap, the city's own number must not shine through.
        return _path(paths, "steamcity-map-back", *_PALE)
    if size >= _SMALLEST:
        return _path(paths, kind, fill, line, label)
    if properties.get("kind") not in ("city", "cell") and not properties.get("marked"):
        return ""
    x, y = view.place(properties.get("centre") or feature["geometry"]["coordinates"][0][0])
    radius = 6 + 1.5 * (properties.get("shade") or 0)
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius:g}" fill="{fill}" stroke="{line}">{label}</circle>'


def _path(paths: list[list[tuple[float, float]]], kind: str, fill: str, line: str, inside: str = "") -> str:
    commands = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in path[:-1]) + "Z" for path in paths)
    attributes = f'class="{kind}" fill="{fill}" stroke="{line}" fill-rule="evenodd" d="{commands}"'
    return f"<path {attributes}>{inside}</path>"
