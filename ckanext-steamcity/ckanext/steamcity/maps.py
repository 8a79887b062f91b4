"""Maps on pages of the frame: the places plugin's component, kept for some minutes. Used by the frame's helpers only.

Outlines of a hundred areas cost more than the rest of a page, and the numbers on them change seldom.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import searching, wording
from markupsafe import Markup

_SECONDS = 300.0
_MOST = 128
_kept: OrderedDict[tuple[Any, ...], tuple[float, str]] = OrderedDict()
_lock = Lock()


def drawn(mode: str, counts: dict[str, int], places: list[str], title: str, search_url: str) -> Markup:
    """The map component; empty when the places plugin is not loaded or there is nothing to draw."""
    if not (counts or places) or "steamcity_map_features" not in tk.h:
        return Markup("")
    for asset in ("steamcity_places/map-css", "steamcity_places/map"):
        tk.h.include_asset(asset)
    box = tk.request.args.get("ext_bbox", "") if mode == "search" else ""
    # The list under a map of a search narrows that search, as the map itself does.
    list_url = searching.address(replace={"steamcity_area": ""}) if mode == "search" else search_url
    key = (
        wording.language(),
        mode,
        tuple(sorted(counts.items())),
        tuple(places),
        title,
        search_url,
        list_url,
        box,
    )
    with _lock:
        until, html = _kept.get(key, (0.0, ""))
    if until < time.monotonic():
        html = _drawn(mode, counts, places, title, search_url, list_url)
        with _lock:
            _kept[key] = (time.monotonic() + _SECONDS, html)
            _kept.move_to_end(key)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return Markup(html)  # noqa: S704  the snippet is a template, which escapes


def _drawn(mode: str, counts: dict[str, int], places: list[str], title: str, search_url: str, list_url: str) -> str:
    features = tk.h.steamcity_map_features(counts, places, [])
    data = {"features": features, "mode": mode, "search_url": search_url, "list_url": list_url, "title": title}
    return str(tk.h.snippet("steamcity_places/snippets/map.html", **data))
