"""Template helpers of the places plugin: data and drawings for maps, choices for forms."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from . import config, features, svg

__all__ = [
    "steamcity_city_choices",
    "steamcity_map",
    "steamcity_map_features",
    "steamcity_map_legend",
    "steamcity_map_svg",
    "steamcity_place_name",
]


def steamcity_map_features(
    counts: Any = None, places: list[str] | None = None, kinds: list[str] | None = None
) -> dict[str, Any]:
    """What `snippets/map.html` draws: areas with their number of results, and single published places.

    `counts` is {slug: number}, or the items of the search facet `steamcity_area`.
    """
    if isinstance(counts, list):
        counts = {item["name"]: item["count"] for item in counts}
    data = {"counts": dict(counts or {}), "places": [place for place in places or [] if place], "kinds": kinds or []}
    return tk.get_action("steamcity_map_features")({}, data)


def steamcity_map(found: dict[str, Any], mode: str = "search", search_url: str = "") -> dict[str, Any]:
    """Everything the map in the browser needs, as one object for a JSON block."""
    box = _bbox(tk.request.args.get("ext_bbox", "")) if mode == "search" else None
    tiles = {"url": config.tile_url(), "attribution": config.tile_attribution()} if config.tile_url() else None
    return {
        "mode": mode,
        "features": found["features"],
        "backdrop": found["backdrop"],
        "bbox": box,
        "tiles": tiles,
        "searchUrl": search_url or tk.h.url_for("dataset.search"),
        "labels": {
            "map": tk._("Map of the places with results"),
            "zoomIn": tk._("Zoom in"),
            "zoomOut": tk._("Zoom out"),
            "draw": tk._("Draw a box on the map. Press Escape to stop."),
            "stopped": tk._("Drawing stopped."),
            "searching": tk._("Searching in the box…"),
            "drawn": tk._("The box is drawn. Go on below."),
        },
    }


def steamcity_map_svg(found: dict[str, Any], title: str = "", description: str = "", identifier: str = "map") -> Markup:
    """The map as a drawing, for readers without JavaScript and for print."""
    drawn = found["features"]["features"]
    names = [own["label"] for own in (f["properties"] for f in drawn) if own.get("count")]
    return Markup(  # noqa: S704  every text in it is escaped by svg.draw
        svg.draw(
            drawn,
            backdrop=found["backdrop"]["features"],
            title=title or tk._("Map of the places with results"),
            description=description or "; ".join(names[:60]),
            identifier=identifier,
        )
    )


def steamcity_map_legend(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The classes of colour: `shade`, `colour` and the numbers of results in words."""
    steps = [{"shade": 0, "colour": svg.SHADES[0], "label": tk._("none yet")}]
    low = 1
    for end in found["breaks"]:
        level = svg.shade(end, found["breaks"])
        steps.append({"shade": level, "colour": svg.SHADES[level], "label": str(end) if low == end else f"{low}–{end}"})
        low = end + 1
    return steps


def steamcity_place_name(value: str) -> str:
    """The name of a published place in the reader's language, with its city: "Belsunce, Marseille"."""
    try:
        found = tk.get_action("steamcity_place_show")({}, {"place": value})
    except (tk.ObjectNotFound, tk.ValidationError):
        return ""
    own, city = features.local(found["name"]), features.local(found["city_name"])
    return own if found["kind"] == "cell" or own == city or not city else f"{own}, {city}"


def steamcity_city_choices(field: Any = None) -> list[dict[str, str]]:
    """The cities of the portal as choices of a form field (scheming's `choices_helper`)."""
    cities = tk.get_action("steamcity_area_list")({}, {"kind": "city"})
    choices = [{"value": city["id"], "label": features.local(city["name"])} for city in cities]
    return sorted(choices, key=lambda choice: choice["label"])


def _bbox(text: str) -> list[float] | None:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    sane = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return [west, south, east, north] if sane else None
