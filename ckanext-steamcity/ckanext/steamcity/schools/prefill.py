"""What a station says of itself, filled in for a class that takes some of its days. This plugin only.

Only where nothing was answered yet. What was filled in is noted, and goes again with the station's days while the
class has not changed it.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import h3
from ckanext.steamcity import privacy, protocols

from . import answers
from .model import Draft

_CELL = "cell:"


def fill(draft: Draft, protocol: protocols.Protocol, station: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Fill in place, instruments and licence; `{step: {field: value}}` that was filled in."""
    offered: dict[str, dict[str, Any]] = {
        "place": _place(protocol, station),
        "data": {"instruments": _instruments(station, draft.answers.get("question", {}).get("language") or "en")},
        "licence": _licence(station),
    }
    given = draft.answers
    new: dict[str, dict[str, Any]] = {}
    if not given.get("place", {}).get("published_place"):
        # A city without a place is only what the portal or the class began with.
        city = given.get("place", {}).get("city")
        if offered["place"] and city in (None, "", offered["place"]["city"]):
            new["place"] = offered["place"]
    for step, name in (("data", "instruments"), ("licence", "license_id")):
        if offered[step].get(name) and not given.get(step, {}).get(name):
            new[step] = {name: offered[step][name]}
    draft.answers = answers.merge(given, new)
    return new


def take_back(draft: Draft, filled: dict[str, dict[str, Any]] | None) -> None:
    """Empty what was filled in from a station whose days are no longer the data."""
    kept = {step: dict(values) for step, values in draft.answers.items()}
    for step, values in (filled or {}).items():
        if all(kept.get(step, {}).get(name) == value for name, value in values.items()):
            kept[step] = {name: value for name, value in kept[step].items() if name not in values}
    draft.answers = kept


def _place(protocol: protocols.Protocol, station: dict[str, Any]) -> dict[str, str]:
    """City and published place: the smallest area in which the station stands, else a cell as large as is allowed."""
    try:
        found = tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": station.get("place") or ""})
    except (tk.ObjectNotFound, tk.ValidationError):
        return {}
    if not found.get("city"):
        return {}
    if found["kind"] == "area":
        return {"city": found["city"], "published_place": found["place"]}
    smallest = next(iter(found["ancestors"]), found["city"])
    if smallest != found["city"]:
        return {"city": found["city"], "published_place": f"area:{smallest}"}
    cell = found["place"].removeprefix(_CELL)
    allowed = privacy.policy(protocol.privacy, protocol.place_setting).resolution
    if h3.get_resolution(cell) > allowed:
        cell = h3.cell_to_parent(cell, allowed)
    return {"city": found["city"], "published_place": f"{_CELL}{cell}"}


def _instruments(station: dict[str, Any], language: str) -> list[dict[str, str]]:
    """The station's sensors, in the language the class writes in."""
    known = protocols.observed_properties()
    found = []
    for one in station.get("instruments") or []:
        titles = [known[name]["titles"] for name in one["properties"] if name in known]
        measures = ", ".join(title.get(language) or title["en"] for title in titles)
        found.append({"name": one["name"][:200], "measures": measures[:200]})
    return found[: answers.MOST_ENTRIES]


def _licence(station: dict[str, Any]) -> dict[str, str]:
    """The licence, where that of the station leaves only one."""
    allowed = protocols.licences().result_of([str(station.get("licence_id") or "")])
    return {"license_id": allowed[0]} if len(allowed) == 1 else {}
