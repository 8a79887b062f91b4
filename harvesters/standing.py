"""How a feed stands, in words: state, progress, last and next run, gaps, what to do when something is wrong
(only `harvesters/` imports this)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity.messages import N_

from . import changes, config, dataset, jobs, pauses, push, sources, stages, watch
from .feeds import tables

STATES = {
    "paused": N_("paused"),
    "running": N_("reading now"),
    "queued": N_("about to start"),
    "waiting": N_("waiting for the next run"),
    "asked": N_("read when somebody asks"),
    "listening": N_("waiting for values"),
    "receiving": N_("ready for more values"),
    "failed": N_("the last run failed"),
}
#: What kind of trouble ended a run → what happened, and what to do about it.
TROUBLES = {
    "silent": (
        N_("The source did not answer."),
        N_("Nothing is lost: the portal asks again by itself. If it stays so for a day, look whether the source’s own"
           " page opens."),
    ),
    "refused": (
        N_("The source answered, but gave no data."),
        N_("Nothing is lost: the portal asks again by itself. If it stays so for a day, ask the people of the source."),
    ),
    "slow": (
        N_("The source took too long to answer."),
        N_("Nothing is lost: the portal asks again by itself."),
    ),
    "private": (
        N_("The address leads to no public server."),
        N_("Change its settings: give an address that everybody on the web can reach."),
    ),
    "gone": (
        N_("The source has nothing at this address any more."),
        N_("Open the page of the source and look whether the box or the server has moved. What was read stays here."),
    ),
    "shape": (
        N_("The source answered something the portal cannot read."),
        N_("It may be under repair. If it stays so for a day, tell the people who run this portal."),
    ),
    "too_many": (
        N_("The source has more stations than this feed may read."),
        N_("Change its settings: choose a smaller area."),
    ),
    "settings": (
        N_("The settings of this feed cannot be read."),
        N_("Tell the people who run this portal."),
    ),
    "inside": (
        N_("Something went wrong inside the portal."),
        N_("The portal tries again by itself. If it stays so, tell the people who run it."),
    ),
}  # fmt: skip
_MOST_GAPS = 20


def show(source: Any) -> dict[str, Any]:
    """Everything the page of a feed tells."""
    settings = config.read(source.config)
    found = tk.get_action("steamcity_run_show")({"ignore_auth": True}, {"feed": source.id})
    run, last = found["run"], found["last"]
    cursor: dict[str, Any] = (run or {}).get("cursor") or {}
    live = run if run and run["state"] in ("running", "queued") else None
    paused = pauses.since(source.id)
    pushed = settings.provider == push.push.Push.provider
    described = dataset.feed_of(source)
    holds = found["holds"]
    return {
        "id": source.id,
        "title": source.title,
        "provider": settings.provider,
        "provider_title": tk._(settings.adapter.title),
        "owner_org": described["owner_org"],
        "dataset_id": described["dataset_id"] if model.Package.get(described["dataset_id"]) else None,
        "license_id": settings.license_id,
        "attribution": settings.attribution,
        "profile": settings.options.get("profile"),
        "pushed": pushed,
        "changeable": bool(changes.kind(changes.settings_of(source))),
        "columns": [name for name, meaning in (settings.options.get("mapping") or {}).items() if meaning],
        "counts": _counts(settings),
        "timezone": settings.options.get("timezone") or "UTC",
        "paused_since": paused,
        "state": _state(source, live, last, paused=paused, pushed=pushed, holds=holds),
        "running": _progress(live) if live and not pushed else None,
        "last": _ended(run if pushed else last),
        "next_run": None if paused or live or pushed else _next(source, last),
        **_gaps(last),
        "unread": len(cursor.get("unread", [])),
        "given_up": cursor.get("given_up_count", len(cursor.get("given_up", []))),
        "gone": len(cursor.get("gone", {})),
        "holds": holds,
    }


def _counts(settings: config.FeedConfig) -> bool:
    """Whether the files of a feed count from a start, which has to be said with each."""
    return any(isinstance(one, str) and one in tables.STEPS for one in (settings.options.get("mapping") or {}).values())


def of_organization(organization_id: str) -> list[dict[str, Any]]:
    """The feeds of a school or partner, by title."""
    return [show(source) for source in sources.of_organization(organization_id)]


def _state(
    source: Any,
    live: dict[str, Any] | None,
    last: dict[str, Any] | None,
    *,
    paused: str | None,
    pushed: bool,
    holds: dict[str, Any],
) -> str:
    if paused:
        return "paused"
    if pushed:
        return "receiving" if holds["latest"] else "listening"
    if live:
        return live["state"]
    if jobs.waits(source.id):
        return "queued"
    if last and last["state"] == "failed":
        return "failed"
    return "asked" if watch.due_at(source, last) is None else "waiting"


def _progress(run: dict[str, Any]) -> dict[str, Any]:
    after = run["cursor"].get("after") or [""]
    return {
        "started": run["started"],
        "files": run["counts"].get("files", 0),
        "readings": run["counts"].get("readings", 0),
        "new": run["counts"].get("new", 0),
        "until": after[0],
    }


def _ended(run: dict[str, Any] | None) -> dict[str, Any] | None:
    if run is None:
        return None
    counts = run["counts"]
    return {
        "state": run["state"],
        "started": run["started"],
        "ended": run["finished"],
        "new": counts.get("new", 0),
        "changed": counts.get("changed", 0),
        "duplicate": counts.get("duplicate", 0),
        "files": counts.get("files", 0),
        "left_out": sum(number for name, number in counts.items() if name.startswith("refused_")),
        "trouble": _trouble(run["error"]) if run["error"] else None,
    }


def _gaps(run: dict[str, Any] | None) -> dict[str, Any]:
    """What was missing in the last run: sensors that are silent up to now, then gaps."""
    cursor = (run or {}).get("cursor") or {}
    now = (run or {}).get("finished") or (run or {}).get("created")
    silent = [one | {"to": now} for one in cursor.get("silent", [])]
    return {
        "gaps": (silent + cursor.get("gaps", []))[:_MOST_GAPS],
        "gap_count": cursor.get("gap_count", 0) + cursor.get("silent_count", 0),
    }


def _trouble(error: dict[str, Any]) -> dict[str, str]:
    """A failed run in words, with the next step."""
    happened, advice = TROUBLES.get(error.get("kind", ""), TROUBLES["inside"])
    detail = stages.sentence(error) if error.get("kind") in ("shape", "too_many", "refused") else ""
    return {"kind": error.get("kind", "inside"), "text": tk._(happened), "detail": detail, "advice": tk._(advice)}


def _next(source: Any, last: dict[str, Any] | None) -> str | None:
    due: datetime | None = watch.due_at(source, last)
    return due.isoformat(timespec="minutes") if due else None
