"""Configuration of a feed: what stands in the JSON of its harvest source (only `harvesters/` imports this)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckanext.steamcity import protocols

from . import feeds

SOURCE_TYPE = "steamcity_feed"
_MOST_SENSORS = 500


class Wrong(ValueError):  # noqa: N818  says what it is
    """The configuration cannot be; the text says why in one sentence."""


@dataclass(frozen=True)
class FeedConfig:
    """`provider` is needed; the rest has the provider's values or none.

    sensors: only these ids (else all that the index names); first_day, last_day: only these days; city, place: where
    the stations stand, for the dataset; synthetic: the data were generated; most_stations: a source with more is not
    read (0: any number); options: the provider's own keys.
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
    most_stations: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def adapter(self) -> feeds.Adapter:
        return feeds.adapter(self.provider)

    def days(self) -> tuple[date, date]:
        first = date.fromisoformat(self.first_day) if self.first_day else date.min
        return first, date.fromisoformat(self.last_day) if self.last_day else date.max


_GENERAL = {field.name for field in fields(FeedConfig)} - {"options"}


def read(text: str | None) -> FeedConfig:
    """The configuration in a source's JSON. Wrong with a sentence for the person who wrote it."""
    try:
        table = json.loads(text or "{}")
    except ValueError as error:
        raise Wrong(tk._("The configuration is not JSON: {reason}").format(reason=error)) from error
    if not isinstance(table, dict):
        raise Wrong(tk._("The configuration may hold: {names}").format(names=", ".join(sorted(_GENERAL))))
    if table.get("provider") not in feeds.PROVIDERS:
        raise Wrong(tk._("provider is one of: {names}").format(names=", ".join(sorted(feeds.PROVIDERS))))
    known = _GENERAL | set(feeds.adapter(table["provider"]).options)
    if set(table) - known:
        raise Wrong(tk._("The configuration may hold: {names}").format(names=", ".join(sorted(known))))
    return _complete(table)


def _complete(table: dict[str, Any]) -> FeedConfig:
    adapter = feeds.adapter(table["provider"])
    sensors = table.get("sensors") or []
    if not isinstance(sensors, list) or len(sensors) > _MOST_SENSORS or not all(str(s).isalnum() for s in sensors):
        raise Wrong(tk._("sensors is a list of at most {count} ids.").format(count=_MOST_SENSORS))
    for name in ("license_id", "attribution", "city", "place", "first_day", "last_day"):
        if not isinstance(table.get(name, ""), str) or len(table.get(name, "")) > 300:
            raise Wrong(tk._("{name} is a short text.").format(name=name))
    config = FeedConfig(
        provider=table["provider"],
        license_id=_licence(adapter, table.get("license_id") or adapter.license_id),
        attribution=table.get("attribution") or adapter.attribution,
        city=table.get("city", ""),
        place=table.get("place", ""),
        sensors=tuple(str(sensor) for sensor in sensors),
        first_day=table.get("first_day", ""),
        last_day=table.get("last_day", ""),
        synthetic=bool(table.get("synthetic", False)),
        most_stations=_option("most_stations", int, table.get("most_stations") or 0),
        options={name: _option(name, check, table.get(name)) for name, check in adapter.options.items()},
    )
    try:
        config.days()
    except ValueError as error:
        raise Wrong(tk._("{name} cannot be what was written there.").format(name="first_day, last_day")) from error
    return config


def licences_of(adapter: feeds.Adapter) -> list[str]:
    """The provider's own licence first, then what may be made of it; every one we know where that is left open."""
    licences = protocols.licences()
    if not adapter.license_id:
        return list(licences.by_id)
    return list(dict.fromkeys((adapter.license_id, *licences.result_of([adapter.license_id]))))


def _licence(adapter: feeds.Adapter, chosen: str) -> str:
    allowed = licences_of(adapter)
    if chosen not in allowed:
        raise Wrong(tk._("Data of this provider may stand under: {names}").format(names=", ".join(sorted(allowed))))
    return chosen


def _option(name: str, check: feeds.Check, value: Any) -> Any:
    try:
        return check(value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Wrong(tk._("{name} cannot be what was written there.").format(name=name)) from error


def folder(url: str) -> str:
    """The address of the index, ending in a slash, without query."""
    parts = urlsplit(url)
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    return parts._replace(path=path, query="", fragment="").geturl()


def pushes_per_minute() -> int:
    return tk.config["steamcity.push.per_minute"]


def push_bytes() -> int:
    return tk.config["steamcity.push.max_bytes"]


def push_rows() -> int:
    return tk.config["steamcity.push.max_rows"]


def file_rows() -> int:
    return tk.config["steamcity.feed.file_rows"]


def file_bytes() -> int:
    return tk.config["steamcity.feed.file_bytes"]


def most_stations() -> int:
    return tk.config["steamcity.feed.max_stations"]


def try_seconds() -> int:
    return tk.config["steamcity.feed.try_seconds"]


def tries_at_once() -> int:
    return tk.config["steamcity.feed.tries_at_once"]


def address(network: str) -> str:
    """Where a network is reached: `opensensemap`, `opensensemap_archive`, `sensor_community`,
    `sensor_community_live`."""
    return tk.config[f"steamcity.feed.{network}_url"]


def host(url: str) -> str:
    """The name of a server, to tell a person which one is meant."""
    return (urlsplit(url).hostname or url)[:100]
