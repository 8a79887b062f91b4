"""Sensor.Community's live data: what all sensors of an area said in the last five minutes (pure: no CKAN here).

For the latest values only: the archive has everything a day later, and spares the network's servers. Stations,
sensors and channels are the same as there. Indoor sensors are left out; times are the server's, in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import moments, payload, quantities
from .base import (
    LARGEST_FILE,
    Check,
    Datastream,
    FeedFile,
    FileReport,
    Known,
    PullAdapter,
    Reading,
    Site,
    Source,
    Station,
    Survey,
    point,
)
from .sensor_community import CHANNELS, SensorCommunity

_QUERY = re.compile(
    r"(area|box|country|type)=[A-Za-z0-9,.+-]{1,100}(&(area|box|country|type)=[A-Za-z0-9,.+-]{1,100}){0,2}"
)


def _query(value: Any) -> str:
    if not _QUERY.fullmatch(value or ""):
        raise ValueError("area=latitude,longitude,kilometres or box=…")
    return value


class SensorCommunityLive(PullAdapter):
    """Adapter for `https://data.sensor.community/`."""

    provider = "sensor_community_live"
    title = "Sensor.Community"
    license_id = "ODbL-1.0-DbCL-1.0"
    attribution = "Sensor.Community contributors"
    time_source = "server"
    complete = False  # who was silent for five minutes is not gone
    options: Mapping[str, Check] = {"filter": _query}  # noqa: RUF012  never changed

    def __init__(self) -> None:
        self._streams: dict[str, list[Datastream]] = {}

    def survey(self, source: Source) -> Survey:
        report = FileReport()
        page = self._page(source)
        for _reading in self.readings(page, source.get(page.path, LARGEST_FILE), report):
            pass
        found = Survey()
        for location, site in report.sites.items():
            found.stations.append(self.describe(location, site, report.datastreams))
            found.since[location] = site.since
        return found

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        yield self._page(source)

    def _page(self, source: Source) -> FeedFile:
        path = f"airrohr/v1/filter/{source.options['filter']}"
        return FeedFile(source.now.date(), path, "", "", {"sensors": ",".join(source.sensors)})

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        answer = payload.table_or_list(data)
        if not isinstance(answer, list):
            raise payload.unexpected()
        wanted = set(filter(None, file.about.get("sensors", "").split(",")))
        streams: dict[tuple[str, Datastream], None] = {}
        for row in payload.tables(answer):
            report.rows += 1
            taken = _row(row, report)
            if taken is None or (wanted and taken[1] not in wanted):
                continue
            location, sensor, kind, time, site = taken
            former = report.sites.get(location)
            report.sites[location] = site if former is None or former.since <= time else former
            for value in payload.tables(row.get("sensordatavalues")):
                channel = CHANNELS[kind].get(payload.text(value, "value_type"))
                if channel is None:
                    continue
                try:
                    result = quantities.number(value.get("value"))
                except ValueError:
                    report.refused["value"] += 1
                    continue
                name = payload.text(value, "value_type")
                streams[location, Datastream(sensor, kind, name, channel.property, channel.unit)] = None
                report.readings += 1
                report.missing += result is None
                shown = None if result is None else round(result * channel.factor, 6)
                yield Reading(location, sensor, name, time, shown)
        self._streams = {}
        for location, stream in streams:
            self._streams.setdefault(location, []).append(stream)

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        """A page holds many stations, each with its own sensors: those the page that was read last named."""
        return SensorCommunity().describe(location, site, tuple(self._streams.get(location, ())))


def _row(row: dict[str, Any], report: FileReport) -> tuple[str, str, str, Any, Site] | None:
    """Location, sensor, type, time and place of an outdoor row; None (counted) for any other."""
    place, device = row.get("location"), row.get("sensor")
    if not isinstance(place, dict) or not isinstance(device, dict):
        report.refused["shape"] += 1
        return None
    kind = payload.text(device, "sensor_type", "name").upper()
    location, sensor = place.get("id"), device.get("id")
    if kind not in CHANNELS or place.get("indoor") not in (None, 0, "0"):
        return None
    where = point(place.get("latitude"), place.get("longitude"))
    time = moments.moment(row.get("timestamp"))
    if time is None or where is None or type(location) is not int or type(sensor) is not int:
        report.refused["time" if time is None else "place"] += 1
        return None
    return str(location), str(sensor), kind, time, Site(*where, time)
