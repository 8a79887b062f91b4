"""What a list of results says about each: the frame's card. Used by the frame's helpers only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckanext.steamcity import protocols, wording
from flask import g
from werkzeug.routing import BuildError

_LONGEST_TITLE = 220


def card(dataset: dict[str, Any]) -> dict[str, Any]:
    """Everything `macros.card` shows of a dataset of any type, with no query."""
    kind = dataset.get("type") or "dataset"
    title = headline(dataset)
    return {
        "type": kind,
        "url": _address(kind, dataset["name"]),
        "title": {**title, "text": _short(title["text"])},
        "cluster": dataset.get("cluster") if kind == "experiment" else None,
        "icon": {"monitoring": "station"}.get(kind, "file"),
        "kind": {"monitoring": tk._("Sensor network")}.get(kind, tk._("Reference data")),
        "by": _by(dataset, kind),
        "outcomes": outcomes(dataset) if kind == "experiment" else [],
        "licence": licence_name(dataset.get("license_id")),
        "glance": dataset.get("steamcity_glance") if kind == "experiment" else None,
        "synthetic": str(dataset.get("synthetic")).lower() == "true",
    }


def _address(kind: str, name: str) -> str:
    """Address of a dataset. Twenty cards stand on a page and building an address takes a millisecond: one is built."""
    mark = "steamcity-name"
    if "steamcity_addresses" not in g:
        g.steamcity_addresses = {}
    if kind not in g.steamcity_addresses:
        try:
            g.steamcity_addresses[kind] = tk.h.url_for(f"{kind}.read", id=mark)
        except BuildError:
            # CKAN takes datasets of any type from a program; one without pages of its own is shown by core's.
            g.steamcity_addresses[kind] = tk.h.url_for("dataset.read", id=mark)
    return g.steamcity_addresses[kind].replace(mark, quote(name))


def headline(dataset: dict[str, Any]) -> dict[str, Any]:
    """The finding of a result, the title of everything else."""
    if dataset.get("type") == "experiment" and (dataset.get("finding") or dataset.get("finding_translated")):
        return wording.text_of(dataset, "finding")
    title = wording.text_of(dataset, "title")
    return {**title, "text": title["text"] or dataset.get("name") or ""}


def outcomes(dataset: dict[str, Any]) -> list[str]:
    """The set of outcomes of a result, in the order of the words list."""
    given = dataset.get("outcomes") or []
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = [given]
    return [outcome for outcome in wording.OUTCOMES if outcome in given]


def licence_name(identifier: str | None) -> str:
    """The short name of a licence."""
    found = protocols.licences().by_id.get(identifier or "")
    return found.short if found else identifier or ""


def _by(dataset: dict[str, Any], kind: str) -> list[str]:
    organization = dataset.get("organization") or {}
    school = organization.get("title") or organization.get("name")
    place = wording.place_name(dataset.get("published_place"))
    city = wording.area_name(dataset["city"]) if dataset.get("city") else ""
    where = ", ".join(dict.fromkeys(part for part in (place, city) if part))
    when = wording.period(dataset.get("period_start"), dataset.get("period_end"))
    parts = [school, where, when]
    if kind == "monitoring" and dataset.get("station_count"):
        count = int(dataset["station_count"])
        parts.append(tk.ungettext("{count} station", "{count} stations", count).format(count=count))
    return [str(part) for part in parts if part]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TITLE else text[:_LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
