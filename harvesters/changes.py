"""Settings of a feed that is there, in the words of the pages they were chosen on, and what they become when they are
changed (only `harvesters/` imports this).

What was stored stays: only what is read from now on follows the new settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest.model import HarvestSource

from . import choices, dataset, discreet, jobs, pauses, push, run

#: What makes two feeds of one school the same.
SAME = ("provider", "boxes", "bbox", "sensors", "filter", "things", "grouptag")
#: What no page asks for, and how far back a feed was begun.
_KEPT, _BEGUN = ("synthetic", "last_day"), ("first_day", "archive")
_PLAIN = (
    "grouptag", "place", "city", "exposure", "profile", "mapping", "timezone", "date_order", "license_id",
    "attribution",
)  # fmt: skip
_WITHIN = re.compile(r"st_within\(Locations/location,geography'POLYGON\(\((.+)\)\)'\)")


def kind(settings: Mapping[str, Any]) -> str:
    """What was chosen on the first page; empty for a feed that no page makes."""
    provider = str(settings.get("provider") or "")
    if provider == "push" and settings.get("profile") == "csv":
        return "file"
    return provider if provider in choices.KINDS else ""


def said(source: Any) -> dict[str, Any]:
    """What would be chosen on the pages to get the settings the feed has."""
    settings = settings_of(source)
    found: dict[str, Any] = {name: settings[name] for name in _PLAIN if settings.get(name)}
    found |= {"provider": kind(settings), "title": source.title}
    for name in ("boxes", "sensors"):
        if settings.get(name):
            found[name] = " ".join(str(one) for one in settings[name])
    if found["provider"] == "sensorthings":
        found["address"] = source.url
    edges = settings.get("bbox") or _edges(settings.get("things"))
    if edges and not found.get("place"):
        found["box"] = ",".join(str(edge) for edge in edges)
    return found


def plan(source: Any, values: Mapping[str, Any]) -> choices.Plan:
    """The source as it is meant to be: what is not among the values stays, what is empty there is taken away. Raises
    tk.ValidationError as `choices.plan` does."""
    former, before = settings_of(source), said(source)
    if not before["provider"]:
        raise choices.mistakes(source_id=tk._("Only the people who run this portal change the settings of this feed."))
    given = {name: values[name] for name in choices.NAMES if name in values and name != "provider"}
    package: Any = model.Package.get(source.id)
    made = choices.plan(before | given | {"owner_org": package.owner_org or ""}, source.url)
    settings = made.settings | {name: former[name] for name in _KEPT if name in former}
    if not values.get("since"):
        settings = {name: value for name, value in settings.items() if name not in _BEGUN}
        settings |= {name: former[name] for name in _BEGUN if name in former}
    if before["provider"] == "sensorthings" and "things" not in settings and not _edges(former.get("things")):
        settings |= {name: former[name] for name in ("things",) if former.get(name)}
    if all(former.get(name) == settings.get(name) for name in SAME):
        # Whoever runs the portal may have allowed this one feed more, or fewer.
        settings = {name: value for name, value in settings.items() if name != "most_stations"}
        settings |= {name: former[name] for name in ("most_stations",) if name in former}
    url = made.url if before["provider"] == "sensorthings" else source.url
    return replace(made, url=url, settings=settings)


def save(person: str, source: Any, plan: choices.Plan, title: str) -> Any:
    """Write the new settings; what they say of the feed's stations and of its dataset is true at once, and the feed is
    read again. Returns the source."""
    identifier, former, renamed = source.id, settings_of(source), title != source.title
    fields = {"id": identifier, "title": title, "url": plan.url}
    fields["config"] = json.dumps(plan.settings, ensure_ascii=False, sort_keys=True)
    inside: Any = {"user": person, "ignore_auth": True}
    with discreet.making():
        tk.get_action("harvest_source_patch")(inside, fields)
    source = HarvestSource.get(identifier)
    dataset.tell(source, _indoors(former, plan.settings))
    dataset.refresh(source, dataset.feed_of(source), renamed=renamed)
    if push.feed(identifier) is None and not pauses.since(identifier):
        tk.get_action("steamcity_run_stop")({"ignore_auth": True}, {"feed": identifier})
        run.close_jobs(identifier)
        if source.frequency != "MANUAL":
            jobs.enqueue_once(identifier)
    return source


def _indoors(former: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """How devices stand that sent their values as standing outdoors; empty where nothing is to be shown less exactly.
    (What is fetched says it again in the next run.)"""
    if settings.get("provider") != "push" or former.get("exposure") != "outdoor":
        return ""
    now = str(settings.get("exposure") or "unknown")
    return "" if now == "outdoor" else now


def settings_of(source: Any) -> dict[str, Any]:
    """What the feed is configured with, as it is written; nothing where it cannot be read."""
    try:
        found = json.loads(source.config or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _edges(things: Any) -> list[float]:
    """The rectangle in a filter that a page has made; nothing of one that somebody has written."""
    match = _WITHIN.fullmatch(str(things or ""))
    if not match:
        return []
    corners = [tuple(float(part) for part in corner.split()) for corner in match[1].split(",")]
    (west, south), (east, north) = corners[0], corners[2]
    return [west, south, east, north]
