"""openSenseMap (senseBox): boxes by id, group or rectangle (pure: no CKAN here).

Two generations of the service answer differently and both are read: ``createdAt`` with values as text, and ``time``
with numbers. A window gives at most 10,000 rows, the newest: one that is full is asked again in halves. Windows
overlap, since one call counts its edges in and another does not. Long ago is read from the daily archive where one
is named: ``<archive>/2026-03-03/<box>-<name>/<sensor>-2026-03-03.csv``. The name in that path is never kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

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
    Unreachable,
    point,
)
from .instruments import UNKNOWN, instrument
from .listing import names
from .reader import MOST_TROUBLES

#: What the service gives at most; fewer rows are all there are.
FULL = 10_000
_STEP = timedelta(days=7)
_SHORTEST = timedelta(minutes=1)
#: Windows that could not be read are joined up to this length, which the service allows.
_LONGEST = timedelta(days=28)
#: Days the archive needs to be complete; younger ones come from the service.
_ARCHIVED = timedelta(days=2)
#: So long a day that neither the archive nor the service has may still come.
_LATE = timedelta(days=7)
_FIRST = timedelta(days=30)
_ID = re.compile(r"[0-9a-z]{8,32}")
_GROUP = re.compile(r"[\w .+-]{1,60}")
_EVER = datetime.min.replace(tzinfo=UTC)
_EXPOSURES = ("outdoor", "indoor", "unknown")


def _boxes(value: Any) -> tuple[str, ...]:
    boxes = tuple(str(one) for one in value or ())
    if isinstance(value, str) or len(boxes) > 200 or not all(_ID.fullmatch(box) for box in boxes):
        raise ValueError("ids of boxes")
    return boxes


def _group(value: Any) -> str:
    if value and not _GROUP.fullmatch(value):
        raise ValueError("a group")
    return value or ""


def _rectangle(value: Any) -> tuple[float, ...]:
    edges = tuple(float(edge) for edge in value or ())
    if edges and not (len(edges) == 4 and -180 <= edges[0] < edges[2] <= 180 and -90 <= edges[1] < edges[3] <= 90):
        raise ValueError("west, south, east, north")
    return edges


def _address(value: Any) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise ValueError("an address")
    return value.rstrip("/") + "/" if value else ""


class OpenSenseMap(PullAdapter):
    """Adapter for both generations of the service and for its archive."""

    provider = "opensensemap"
    title = "openSenseMap"
    license_id = "PDDL-1.0"
    attribution = "openSenseMap contributors"
    time_source = "device"
    options: Mapping[str, Check] = {"boxes": _boxes, "grouptag": _group, "bbox": _rectangle, "archive": _address}  # noqa: RUF012

    def __init__(self) -> None:
        self._listed: tuple[str, list[str]] = ("", [])
        self._silence = 0

    def survey(self, source: Source) -> Survey:
        found = Survey()
        for box, measuring, site, _begun in self._described(source, found):
            station = self.describe(box, site, tuple(one.stream for one in measuring))
            found.stations.append(station)
            found.since[box] = site.since
        return found

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        """Archived days first, in order; then of each sensor the windows up to now."""
        archived: list[FeedFile] = []
        recent: list[tuple[Datastream, dict[str, str], datetime, datetime]] = []
        tails: list[FeedFile] = []
        until = min(source.now, _midnight(source.last_day) + timedelta(days=1))
        described, present = Survey(), set[str]()
        for box, measuring, site, begun in self._described(source, described):
            for stream, measured, newest in measuring:
                present.add(stream.sensor)
                after = streams.begins(source.notes, stream.sensor, known)
                since = max(known.since(stream.sensor) or begun, after or _EVER, _midnight(source.first_day))
                # A week after its newest reading nothing is asked of a sensor that has fallen silent. What the source
                # says of it is not believed against what is stored.
                newest = newest if newest and newest >= since else None
                end = min(until, newest + _STEP) if newest else until
                tails += _tails(source, known, box, stream, site)
                about = series.about(box, stream.channel, measured, site, after)
                if source.options.get("archive"):
                    border = min((newest or end).date(), end.date(), source.now.date() - _ARCHIVED)
                    archived += _days(box, stream, about, since.date(), border)
                    since = max(since, _midnight(border) + timedelta(days=1))
                recent.append((stream, about, since, end))
        if not described.troubles:
            streams.prune(source.notes, known, present)
        yield from sorted(archived)
        yield from tails
        for stream, about, since, end in recent:
            for window in moments.windows(since, end, _STEP):
                yield _window(stream.sensor, stream.sensor_type, about, *window)

    def joined(self, files: list[FeedFile]) -> list[FeedFile]:
        """Windows of the same datastream that touch are one, up to a length."""
        found: list[FeedFile] = []
        for file in sorted(files, key=lambda file: (file.about.get("channel", ""), file.about.get("from", ""))):
            last = found[-1] if found else None
            if last and (together := _together(last, file)):
                found[-1] = together
            else:
                found.append(file)
        return found

    def fetch(self, source: Source, file: FeedFile) -> bytes:
        """A day that the archive does not give is asked of the service; one that neither has may be late."""
        if not file.about.get("archive"):
            return source.get(file.path, LARGEST_FILE)
        silence: Exception | None = None
        try:
            if self._silence < MOST_TROUBLES:
                data = self._archived(source, file)
                self._silence = 0
                return data
        except Gone:
            self._silence = 0
        except Unreachable as error:
            self._silence += 1
            silence = error
        begin = _midnight(file.day)
        asked = _window(file.sensor, file.sensor_type, file.about, begin, begin + timedelta(days=1))
        data = source.get(asked.path, LARGEST_FILE)
        if _rows(data):
            return data
        if silence:
            raise silence
        if self._silence or source.now - begin < _LATE:
            raise FeedError(Message(N_("The source does not have this day yet.")))
        raise Gone(file.day.isoformat())

    def _archived(self, source: Source, file: FeedFile) -> bytes:
        # The folder is called by the box's id and its name of that day; only the id is known here.
        day = f"{source.options['archive']}{file.day.isoformat()}/"
        if self._listed[0] != day:
            self._listed = (day, _named(source, day))
        for name in self._listed[1]:
            if name.startswith(file.about["station"] + "-") and name.endswith("/"):
                address = f"{day}{quote(name, safe='/')}{file.sensor}-{file.day.isoformat()}.csv"
                return source.get(address, LARGEST_FILE)
        raise Gone(file.day.isoformat())

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        about = file.about
        rows = _rows(data)
        if len(rows) >= FULL and not _is_table(data):
            begin, end = _bounds(file)
            if end - begin > _SHORTEST:
                middle = begin + (end - begin) / 2
                edge = timedelta(seconds=1)
                report.more = [
                    _window(file.sensor, file.sensor_type, about, begin, middle + edge),
                    _window(file.sensor, file.sensor_type, about, middle - edge, end),
                ]
                return
            report.refused["truncated"] += 1
        pairs = ((moments.moment(row.get("createdAt") or row.get("time")), row.get("value")) for row in rows)
        # Before the box came to where it stands now, its place is not known from here.
        yield from series.readings(file, pairs, report, placed=True)

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        streams = tuple(sorted(datastreams, key=lambda stream: (stream.sensor, stream.channel)))
        return Station(location, f"OSM-{location[-6:]}", site.latitude, site.longitude, site.exposure, streams)

    def _described(
        self, source: Source, survey: Survey
    ) -> Iterator[tuple[str, tuple[_Measuring, ...], Site, datetime]]:
        """The boxes that may be read: id, what they measure, place, and from when on."""
        seen = set()
        for box in _asked(source, survey.troubles):
            identifier = payload.text(box, "_id") or payload.text(box, "id")
            place, since = _place(box)
            exposure = payload.text(box, "exposure")
            if not _ID.fullmatch(identifier) or identifier in seen:
                continue
            seen.add(identifier)
            survey.named.add(identifier)
            # A mobile box draws its owner's ways.
            if place is None or exposure == "mobile":
                survey.dropped["mobile" if exposure == "mobile" else "place"] += 1
                continue
            exposure = exposure if exposure in _EXPOSURES else "unknown"
            created = moments.moment(box.get("createdAt")) or source.now - _FIRST
            site = Site(*place, since or created, exposure)
            sensors = payload.tables(box.get("sensors"))
            measuring = tuple(one for sensor in sensors if (one := _measuring(source, sensor)))
            survey.dropped["quantity"] += len(sensors) - len(measuring)
            if measuring:
                yield identifier, measuring, site, created


def _asked(source: Source, troubles: list[Exception]) -> Iterator[dict[str, Any]]:
    """The descriptions of the boxes the feed asks for; one box that is not there does not hide the others."""
    queries = [f"boxes/{box}?format=json" for box in source.options.get("boxes", ())]
    if source.options.get("grouptag"):
        queries.append("boxes?" + urlencode({"grouptag": source.options["grouptag"], "full": "true"}))
    if source.options.get("bbox"):
        edges = ",".join(str(edge) for edge in source.options["bbox"])
        queries.append("boxes?" + urlencode({"bbox": edges, "full": "true"}))
    for query in queries:
        try:
            answer = payload.table_or_list(source.get(query, LARGEST_INDEX))
        except (Gone, FeedError) as error:
            troubles.append(error)
            continue
        except Unreachable as error:
            if len(queries) == 1:
                raise
            troubles.append(error)
            continue
        if not isinstance(answer, (dict, list)):
            troubles.append(payload.unexpected())
            continue
        yield from payload.tables(answer if isinstance(answer, list) else [answer])


def _midnight(day: date) -> datetime:
    """The beginning of a day; `date.min` and `date.max` stand for no limit."""
    return datetime(min(max(day.year, 2005), 9000), day.month, day.day, tzinfo=UTC)


class _Measuring(NamedTuple):
    """A sensor that is understood; ``newest``: the moment of its newest reading, where the source says it."""

    stream: Datastream
    measured: quantities.Quantity
    newest: datetime | None


def _measuring(source: Source, sensor: dict[str, Any]) -> _Measuring | None:
    identifier = payload.text(sensor, "_id") or payload.text(sensor, "id")
    measured = quantities.quantity((payload.text(sensor, "title"),), (payload.text(sensor, "unit"),))
    if measured is None or not _ID.fullmatch(identifier):
        return None
    written = payload.text(sensor, "sensorType")
    kind = instrument(written)
    channel = streams.channel(source.notes, identifier, kind, measured, _former_type(written))
    stream = Datastream(identifier, kind, channel, measured.observed, measured.unit)
    return _Measuring(stream, measured, moments.moment(payload.text(sensor, "lastMeasurement", "createdAt")))


def _former_type(written: str) -> str:
    """What was kept as the type before there was a list of types."""
    plausible = re.fullmatch(r"[A-Za-z]{1,8}[0-9-]{0,6}[A-Za-z]{0,2}", written) and re.search(r"\d", written)
    return written if plausible else UNKNOWN


def _place(box: dict[str, Any]) -> tuple[tuple[float, float] | None, datetime | None]:
    current = box.get("currentLocation")
    if isinstance(current, dict):
        return _point(current.get("coordinates")), moments.moment(current.get("timestamp"))
    loc = box.get("loc")
    loc = loc[0] if isinstance(loc, list) and loc else loc
    geometry = loc.get("geometry") if isinstance(loc, dict) else None
    if isinstance(geometry, dict):
        return _point(geometry.get("coordinates")), None
    return point(box.get("latitude"), box.get("longitude")), None


def _point(coordinates: Any) -> tuple[float, float] | None:
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    return point(coordinates[1], coordinates[0])


def _named(source: Source, day: str) -> list[str]:
    """The folders of a day of the archive; none of a day it does not have."""
    try:
        return names(source.get(day, LARGEST_INDEX))
    except Gone:
        return []


def _days(box: str, stream: Datastream, about: dict[str, str], first: date, last: date) -> Iterator[FeedFile]:
    """The archive's files of a sensor; the address holds no name, so it is none yet."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        path = f"archive/{day.isoformat()}/{box}/{stream.sensor}"
        yield FeedFile(day, path, stream.sensor, stream.sensor_type, about | {"archive": "yes"})


def _tails(source: Source, known: Known, box: str, stream: Datastream, site: Site) -> Iterator[FeedFile]:
    """What may have come late for the datastreams of a sensor that have ended."""
    for former, about in series.late(source, known, box, stream, site):
        yield _window(stream.sensor, former.kind, about, former.begin, former.until)


def _window(sensor: str, kind: str, about: dict[str, str], begin: datetime, end: datetime) -> FeedFile:
    query = urlencode({"from-date": moments.stamp(begin), "to-date": moments.stamp(end), "format": "json"})
    whole = {**about, "from": begin.isoformat(), "to": end.isoformat()}
    whole.pop("archive", None)
    return FeedFile(begin.date(), f"boxes/{about['station']}/data/{sensor}?{query}", sensor, kind, whole)


def _bounds(file: FeedFile) -> tuple[datetime, datetime]:
    """What a window spans; an archived day is one."""
    if "from" not in file.about:
        return _midnight(file.day), _midnight(file.day) + timedelta(days=1)
    return datetime.fromisoformat(file.about["from"]), datetime.fromisoformat(file.about["to"])


def _together(one: FeedFile, other: FeedFile) -> FeedFile | None:
    """Two windows as one; None where they are apart, of two datastreams, or too long together."""
    if "from" not in one.about or "from" not in other.about:
        return None
    if one.about | {"from": "", "to": ""} != other.about | {"from": "", "to": ""}:
        return None
    (begin, end), (starts, ends) = _bounds(one), _bounds(other)
    if starts > end or max(end, ends) - begin > _LONGEST:
        return None
    return _window(one.sensor, one.sensor_type, one.about, begin, max(end, ends))


def _is_table(data: bytes) -> bool:
    """Whether a page is CSV: as the archive gives it, and then it is whole."""
    return data.lstrip()[:1] not in (b"[", b"{")


def _rows(data: bytes) -> list[dict[str, Any]]:
    """The rows of a page, JSON of either generation or CSV."""
    start = data.lstrip()[:1]
    if not _is_table(data):
        answer = payload.table_or_list(data)
        if not isinstance(answer, list):
            raise payload.unexpected()
        return payload.tables(answer)
    if not start:
        return []
    reader = csv.DictReader(io.StringIO(data.decode("utf-8", "replace").removeprefix("\ufeff")))
    no_table = FeedError(Message(N_("The source answered something that is not a table of measurements.")))
    try:
        header = reader.fieldnames or []
        if "value" not in header or not {"createdAt", "time"} & set(header):
            raise no_table
        return list(reader)
    except csv.Error as error:  # a cell without an end
        raise no_table from error
