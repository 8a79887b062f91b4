"""OGC SensorThings API 1.1: any server that speaks it (pure: no CKAN here).

Pages are followed until the server names no next one, also those inside an expanded list; a short page ends nothing.
Answers come as objects or as ``dataArray``; results as numbers or as text; times as moments or intervals, of which the
beginning counts. Ids are numbers or free text: free text becomes a code. Names and descriptions are never read. What is
kept of an address holds the code; the address itself, which the server writes, stands in this adapter's memory only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from ckanext.steamcity.messages import N_, Message

from . import moments, payload, quantities, series, streams
from .base import (
    LARGEST_FILE,
    LARGEST_INDEX,
    Check,
    Datastream,
    FeedError,
    FeedFile,
    FileReport,
    Gone,
    Known,
    PullAdapter,
    Reading,
    Site,
    Source,
    Station,
    Survey,
    point,
)
from .instruments import UNKNOWN
from .reader import MOST_PAGES

_PAGE = 1000
_MOST_THINGS = 5000
_EXPAND = "Locations,Datastreams($expand=ObservedProperty,Sensor)"
_SELECT = "phenomenonTime,result,resultTime"
_NEXT = "@iot.nextLink"
_EXPOSURES = ("outdoor", "indoor", "unknown")


def _filter(value: Any) -> str:
    """A filter of Things in the server's own language, e.g. ``properties/city eq 'Aix'``."""
    if value and (len(value) > 500 or re.search(r"[&#\n]", value)):
        raise ValueError("a filter")
    return value or ""


def _exposure(value: Any) -> str:
    if value and value not in _EXPOSURES:
        raise ValueError("an exposure")
    return value or "unknown"


class SensorThings(PullAdapter):
    """Adapter for SensorThings 1.0 and 1.1; the licence is up to each server, so the feed names it."""

    provider = "sensorthings"
    title = "SensorThings"
    license_id = ""
    attribution = ""
    time_source = "device"
    options: Mapping[str, Check] = {"things": _filter, "exposure": _exposure}  # noqa: RUF012

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._code: Callable[[object], str] = str

    def survey(self, source: Source) -> Survey:
        found = Survey()
        for thing, site, described in _things(source, found):
            found.stations.append(self.describe(thing, site, tuple(stream for stream, _id, _m in described)))
            found.since[thing] = site.since
        return found

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        survey, present = Survey(), set[str]()
        for thing, site, described in _things(source, survey):
            for stream, identifier, measured in described:
                self._ids[stream.sensor] = identifier
                present.add(stream.sensor)
                after = streams.begins(source.notes, stream.sensor, known)
                since = max((one for one in (known.since(stream.sensor), after) if one), default=None)
                begin = max(since, _midnight(source.first_day)) if since else _midnight(source.first_day)
                wanted = [f"phenomenonTime ge {moments.stamp(begin)}"] if begin.year > 2005 or since else []
                if source.last_day < date.max:
                    end = datetime.combine(source.last_day, datetime.max.time(), UTC)
                    wanted.append(f"phenomenonTime le {moments.stamp(end)}")
                yield from _tails(source, known, thing, stream, site)
                about = series.about(thing, stream.channel, measured, site, after)
                yield _first_page(begin.date(), stream.sensor, stream.sensor_type, about, " and ".join(wanted))
        if not survey.troubles:
            streams.prune(source.notes, known, present)

    def joined(self, files: list[FeedFile]) -> list[FeedFile]:
        """What begins first of a datastream has all that follows; a page in the middle is nobody's any more, as its
        address was for one run."""
        earliest: dict[str, FeedFile] = {}
        for file in sorted(files, key=lambda file: (file.day, file.about.get("filter", ""))):
            wanted = file.about.get("filter")
            if wanted is None:  # what waits since before filters were noted
                wanted = f"phenomenonTime ge {moments.stamp(_midnight(file.day))}"
            first = _first_page(file.day, file.sensor, file.sensor_type, file.about, wanted)
            earliest.setdefault(file.about.get("channel", ""), first)
        return list(earliest.values())

    def fetch(self, source: Source, file: FeedFile) -> bytes:
        self._code = source.code
        address = self._addresses.get(file.path)
        if address is None:
            if file.sensor not in self._ids and not file.sensor.isdigit():
                raise Gone(file.sensor)
            address = f"Datastreams({self._ids.get(file.sensor, file.sensor)}){file.path.partition(')')[2]}"
        return source.get(address, LARGEST_FILE)

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        answer = payload.table_or_list(data)
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            raise payload.unexpected()
        following = answer.get(_NEXT)
        if isinstance(following, str) and following:
            path = f"Datastreams({file.sensor})/Observations#{self._code('next ' + following)}"
            self._addresses[path] = following
            report.more = [FeedFile(file.day, path, file.sensor, file.sensor_type, file.about)]
        pairs = (
            (moments.moment(row.get("phenomenonTime")) or moments.moment(row.get("resultTime")), row.get("result"))
            for row in _rows(answer["value"])
        )
        yield from series.readings(file, pairs, report)

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        ordered = tuple(sorted(datastreams, key=lambda stream: (stream.sensor, stream.channel)))
        return Station(location, f"STA-{location[:8]}", site.latitude, site.longitude, site.exposure, ordered)


def _first_page(day: date, sensor: str, kind: str, about: dict[str, str], wanted: str) -> FeedFile:
    query = {"$select": _SELECT, "$orderby": "phenomenonTime asc", "$top": str(_PAGE)}
    if wanted:
        query["$filter"] = wanted
    return FeedFile(
        day, f"Datastreams({sensor})/Observations?{urlencode(query)}", sensor, kind, about | {"filter": wanted}
    )


def _tails(source: Source, known: Known, thing: str, stream: Datastream, site: Site) -> Iterator[FeedFile]:
    """What may have come late for the datastreams of a sensor that have ended."""
    for former, about in series.late(source, known, thing, stream, site):
        wanted = f"phenomenonTime gt {moments.stamp(former.begin)} and phenomenonTime le {moments.stamp(former.until)}"
        yield _first_page(former.begin.date(), stream.sensor, former.kind, about, wanted)


_Streams = list[tuple[Datastream, str, quantities.Quantity]]


def _things(source: Source, survey: Survey) -> Iterator[tuple[str, Site, _Streams]]:
    """Things with a place and at least one datastream that is understood."""
    query = {"$expand": _EXPAND, "$top": "100"}
    if source.options.get("things"):
        query["$filter"] = source.options["things"]
    for number, thing in enumerate(_entities(source, f"Things?{urlencode(query)}")):
        if number >= _MOST_THINGS:
            text = N_("The source has more than {most} stations; no more of them are read. Choose fewer with a filter.")
            survey.troubles.append(FeedError(Message(text, {"most": _MOST_THINGS})))
            return
        if thing.get("@iot.id") is None:
            survey.dropped["place"] += 1
            continue
        code = source.code(thing["@iot.id"])
        survey.named.add(code)
        locations = _expanded(source, thing, "Locations")
        place = next((found for one in locations if (found := _place(one.get("location")))), None)
        if place is None:
            survey.dropped["place"] += 1
            continue
        exposure = payload.text(thing, "properties", "exposure") or source.options.get("exposure", "unknown")
        if exposure == "mobile":
            survey.dropped["mobile"] += 1
            continue
        site = Site(*place, source.now, exposure if exposure in _EXPOSURES else "unknown")
        described = _expanded(source, thing, "Datastreams")
        understood = [found for one in described if (found := _stream(source, one))]
        survey.dropped["quantity"] += len(described) - len(understood)
        if understood:
            yield code, site, understood


def _entities(source: Source, path: str) -> Iterator[dict[str, Any]]:
    """All entities of a list, page after page; FeedError where the pages go in a circle."""
    seen: set[str] = set()
    while path:
        if path in seen or len(seen) >= MOST_PAGES:
            raise payload.circle()
        seen.add(path)
        answer = payload.table_or_list(source.get(path, LARGEST_INDEX))
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            raise payload.unexpected()
        yield from payload.tables(answer["value"])
        path = payload.text(answer, _NEXT)


def _expanded(source: Source, entity: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """An expanded list with the pages it says it has further."""
    here = payload.tables(entity.get(name))
    following = payload.text(entity, name + _NEXT)
    return here + list(_entities(source, following)) if following else here


def _stream(source: Source, entity: dict[str, Any]) -> tuple[Datastream, str, quantities.Quantity] | None:
    identifier = entity.get("@iot.id")
    unit = entity.get("unitOfMeasurement")
    if not isinstance(unit, dict) or not isinstance(identifier, (int, str)) or isinstance(identifier, bool):
        return None
    observed = entity.get("ObservedProperty")
    titles = (
        payload.text(observed, "definition").rstrip("/").rpartition("/")[2],
        payload.text(observed, "name"),
        payload.text(entity, "name"),
    )
    measured = quantities.quantity(titles, tuple(payload.text(unit, part) for part in ("symbol", "name", "definition")))
    if measured is None:
        return None
    key = str(identifier) if isinstance(identifier, int) else "'" + identifier.replace("'", "''") + "'"
    code = source.code(identifier)
    channel = streams.channel(source.notes, code, UNKNOWN, measured)
    return Datastream(code, UNKNOWN, channel, measured.observed, measured.unit), key, measured


def _place(location: Any) -> tuple[float, float] | None:
    """A point of GeoJSON, also inside a Feature; the middle of what has a surface is nobody's station."""
    if isinstance(location, dict) and location.get("type") == "Feature":
        location = location.get("geometry")
    if not isinstance(location, dict) or location.get("type") != "Point":
        return None
    coordinates = location.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    return point(coordinates[1], coordinates[0])


def _rows(value: list[Any]) -> Iterator[dict[str, Any]]:
    """Observations, also out of the groups of a ``dataArray``."""
    for one in payload.tables(value):
        components, rows = one.get("components"), one.get("dataArray")
        if isinstance(components, list) and isinstance(rows, list):
            for row in rows:
                if not isinstance(row, list) or len(row) != len(components):
                    raise payload.unexpected()
                yield {str(name): cell for name, cell in zip(components, row, strict=True)}
        else:
            yield one


def _midnight(day: date) -> datetime:
    return datetime(max(day.year, 2005), day.month, day.day, tzinfo=UTC)
