"""Configuration of a feed: what stands in the JSON of its harvest source (only `harvesters/` imports this)."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckanext.steamcity import protocols

from . import feeds

SOURCE_TYPE = "steamcity_feed"
_MOST_SENSORS = 500


@dataclass(frozen=True)
class FeedConfig:
    """`provider` is needed; the rest has the provider's values or none.

    sensors: only these ids (else all that the index names); first_day, last_day: only these days; city, place: where
    the stations stand, for the dataset; synthetic: the data were generated.
    """

    provider: str
    license_id: str = ""
    attribution: str = ""
    city: str = ""
    place: str = ""
    sensors: tuple[str, ...] = ()
    first_day: str = ""
    last_day: str = ""
    synthetic: bool = False

    @property
    def adapter(self) -> feeds.Adapter:
        return feeds.adapter(self.provider)

    def days(self) -> tuple[date, date]:
        first = date.fromisoformat(self.first_day) if self.first_day else date.min
        return first, date.fromisoformat(self.last_day) if self.last_day else date.max


def read(text: str | None) -> FeedConfig:
    """The configuration in a source's JSON. ValueError with a sentence for the person who wrote it."""
    try:
        table = json.loads(text or "{}")
    except ValueError as error:
        raise ValueError(tk._("The configuration is not JSON: {reason}").format(reason=error)) from error
    known = {field.name for field in fields(FeedConfig)}
    if not isinstance(table, dict) or set(table) - known:
        raise ValueError(tk._("The configuration may hold: {names}").format(names=", ".join(sorted(known))))
    if table.get("provider") not in feeds.PROVIDERS:
        raise ValueError(tk._("provider is one of: {names}").format(names=", ".join(sorted(feeds.PROVIDERS))))
    return _complete(table)


def _complete(table: dict[str, Any]) -> FeedConfig:
    adapter = feeds.adapter(table["provider"])
    sensors = table.get("sensors") or []
    if not isinstance(sensors, list) or len(sensors) > _MOST_SENSORS or not all(str(s).isalnum() for s in sensors):
        raise ValueError(tk._("sensors is a list of at most {count} ids.").format(count=_MOST_SENSORS))
    for name in ("license_id", "attribution", "city", "place", "first_day", "last_day"):
        if not isinstance(table.get(name, ""), str) or len(table.get(name, "")) > 300:
            raise ValueError(tk._("{name} is a short text.").format(name=name))
    chosen = table.get("license_id") or adapter.license_id
    allowed = {adapter.license_id, *protocols.licences().result_of([adapter.license_id])}
    if chosen not in allowed:
        raise ValueError(
            tk._("Data of this provider may stand under: {names}").format(names=", ".join(sorted(allowed)))
        )
    config = FeedConfig(
        provider=table["provider"],
        license_id=chosen,
        attribution=table.get("attribution") or adapter.attribution,
        city=table.get("city", ""),
        place=table.get("place", ""),
        sensors=tuple(str(sensor) for sensor in sensors),
        first_day=table.get("first_day", ""),
        last_day=table.get("last_day", ""),
        synthetic=bool(table.get("synthetic", False)),
    )
    config.days()
    return config


def folder(url: str) -> str:
    """The address of the index, ending in a slash, without query."""
    parts = urlsplit(url)
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    return parts._replace(path=path, query="", fragment="").geturl()
