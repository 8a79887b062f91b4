"""One quantity of one sensor, page by page: what several adapters do with rows of time and value (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from . import streams
from .base import Datastream, FeedFile, FileReport, Known, Reading, Site, Source
from .quantities import Quantity, number


def about(
    station: str, channel: str, measured: Quantity, site: Site, after: datetime | None, until: datetime | None = None
) -> dict[str, str]:
    """What is needed to read a page of a sensor later; only codes and numbers, since it is kept. ``after``: readings
    up to then belong to a datastream that has ended; ``until``: this one has, and later ones are another's."""
    known = {
        "station": station,
        "channel": channel,
        "property": measured.observed,
        "unit": measured.unit,
        "source_unit": measured.source_unit,
        "factor": repr(measured.factor),
        "offset": repr(measured.offset),
        "latitude": str(site.latitude),
        "longitude": str(site.longitude),
        "exposure": site.exposure,
        "since": site.since.isoformat(),
    }
    edges = {"after": after, "until": until}
    return known | {name: moment.isoformat() for name, moment in edges.items() if moment}


def late(
    source: Source, known: Known, station: str, stream: Datastream, site: Site
) -> Iterator[tuple[streams.Former, dict[str, str]]]:
    """The datastreams of a sensor that have ended and may still get something, with what is needed to read it later."""
    for former in streams.formers(source.notes, stream.sensor, known):
        yield former, about(station, former.channel, former.measured, site, former.begin, former.until)


def readings(
    file: FeedFile, rows: Iterable[tuple[datetime | None, object]], report: FileReport, *, placed: bool = False
) -> Iterator[Reading]:
    """The readings of a page; ``placed``: the place is only known from the moment it was said for."""
    known = file.about
    measured = Quantity(
        known["property"], known["unit"], known["source_unit"], float(known["factor"]), float(known["offset"])
    )
    channel = known.get("channel") or measured.channel  # what waits since before channels were named
    report.datastreams = (Datastream(file.sensor, file.sensor_type, channel, measured.observed, measured.unit),)
    after = datetime.fromisoformat(known["after"]) if "after" in known else None
    until = datetime.fromisoformat(known["until"]) if "until" in known else None
    first: datetime | None = None
    for time, raw in rows:
        report.rows += 1
        if time is None:
            report.refused["time"] += 1
            continue
        if (after and time <= after) or (until and time > until):
            continue
        try:
            value = number(raw)
        except ValueError:
            report.refused["value"] += 1
            continue
        first = min(first or time, time)
        report.readings += 1
        report.missing += value is None
        result = None if value is None else measured.convert(value)
        yield Reading(known["station"], file.sensor, channel, time, result)
    if first:
        since = max(first, datetime.fromisoformat(known["since"])) if placed else first
        place = (float(known["latitude"]), float(known["longitude"]))
        report.sites[known["station"]] = Site(*place, since, known["exposure"])
