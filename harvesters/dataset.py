"""The `monitoring` dataset under which the stations of a feed are found (only `harvesters/` imports this)."""

from __future__ import annotations

import uuid
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from ckanext.steamcity import privacy

from . import config

_NAMESPACE = uuid.UUID("0b8d3c56-1f0b-5b2c-8a0e-3d9f4e7c6a15")


def feed_of(source: Any) -> dict[str, Any]:
    """What a feed says of itself, as the sensors plugin keeps it with each station."""
    settings = config.read(source.config)
    package = model.Package.get(source.id)
    return {
        "feed_id": source.id,
        "provider": settings.provider,
        "license_id": settings.license_id,
        "attribution": settings.attribution,
        "time_source": settings.adapter.time_source,
        "source_url": config.folder(source.url),
        "owner_org": package.owner_org if package else None,
        "city": settings.city,
        "synthetic": settings.synthetic,
        "dataset_id": str(uuid.uuid5(_NAMESPACE, source.id)),
    }


def tell(source: Any, exposure: str = "") -> None:
    """Licence, attribution and the like of a feed's stations are the feed's; ``exposure``: of those that were said to
    stand outdoors and do not."""
    feed = feed_of(source)
    tk.get_action("steamcity_station_refresh")({"ignore_auth": True}, {"feed": feed, "exposure": exposure})


def ensure(source: Any, feed: dict[str, Any]) -> None:
    """Make the dataset, or adopt the one an interrupted run has left. Of two who come together one makes it."""
    if model.Package.get(feed["dataset_id"]) is not None:
        return
    lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:id, 0))")
    model.Session.execute(lock, {"id": feed["dataset_id"]})
    if model.Package.get(feed["dataset_id"]) is not None:
        model.Session.rollback()
    else:
        fields = _fields(source, feed)
        tk.get_action("package_create")(_context(), {"id": feed["dataset_id"], "type": "monitoring", **fields})


def refresh(source: Any, feed: dict[str, Any], *, renamed: bool = False) -> bool:
    """Bring number of stations and period up to date; nothing is written when they are. Title and notes may have been
    edited by the school: they stay, unless the feed itself was ``renamed``."""
    if model.Package.get(feed["dataset_id"]) is None:
        return False
    shown = tk.get_action("package_show")(_context(), {"id": feed["dataset_id"]})
    fields = _fields(source, feed)
    kept = ("name", "notes") if renamed else ("name", "title", "notes")
    fields = {name: value for name, value in fields.items() if name not in kept}
    changed = {name: value for name, value in fields.items() if str(shown.get(name) or "") != str(value or "")}
    if changed:
        tk.get_action("package_patch")(_context(), {"id": feed["dataset_id"], **changed})
    return bool(changed)


def _fields(source: Any, feed: dict[str, Any]) -> dict[str, Any]:
    settings = config.read(source.config)
    holds = tk.get_action("steamcity_feed_known")({"ignore_auth": True}, {"feed": source.id})["holds"]
    return {
        "name": f"stations-{feed['dataset_id'][:8]}",
        "title": source.title,
        "notes": source.description or "",
        "owner_org": feed["owner_org"],
        "license_id": feed["license_id"],
        "attribution": feed["attribution"],
        "provider": settings.adapter.title,
        "feed": source.id,
        "city": settings.city,
        "published_place": _place(settings),
        "period_start": (holds["first"] or "")[:10],
        "period_end": (holds["latest"] or "")[:10],
        "station_count": holds["stations"],
        "synthetic": settings.synthetic,
    }


def _place(settings: config.FeedConfig) -> str:
    """The feed's place; not more exactly than its sensors, where all of them stand as the feed says."""
    exposure = settings.options.get("exposure")
    return privacy.network_place(settings.place, exposure) if exposure else settings.place


def _context() -> Context:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return {"user": user, "ignore_auth": True}
