"""Sensor.Community (luftdaten.info): the daily archive, one CSV for each sensor and day (pure: no CKAN here).

``<index>/2026-03-03/2026-03-03_sds011_sensor_5331.csv``, past years ``<index>/2024/2024-03-03/….csv.gz``: semicolons,
``sensor_id;sensor_type;location;lat;lon;timestamp;…``.
Times are the server's, in UTC without saying so. There are no units: they follow from the type. A station is the
sensors that share a location id.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from ckanext.steamcity.messages import N_, Message

from . import daily, quantities
from .base import (
    DAY_TOLERANCE,
    LARGEST_FILE,
    LARGEST_INDEX,
    MOST_SITES,
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
from .listing import names
from .reader import MOST_TROUBLES

# Indoor sensors carry a suffix ("_indoor") in the name, which this pattern does not take: they are not harvested.
_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})_([a-z0-9-]{2,20})_sensor_(\d{1,10})\.csv(\.gz)?")
_KEYS = ("sensor_id", "sensor_type", "location", "lat", "lon", "timestamp")
_MISSING = frozenset(("", "nan", "none", "null", "unknown", "unavailable"))
_LONGEST_LINE = 2_000
#: Stands for all sensors of the archive; and for the index of a day that is to be asked for again.
_ALL, _LISTING = "*", "listing"
_BOM = b"\xef\xbb\xbf"
#: Length of a time as the archive writes it, without a zone.
_PLAIN = len("2026-03-03T00:00:00")

_PARTICLES = (
    "SDS011", "SDS021", "PMS1003", "PMS3003", "PMS5003", "PMS6003", "PMS7003", "HPM", "SPS30", "NEXTPM", "IPS-7100",
)  # fmt: skip
_CLIMATE = (
    "DHT11", "DHT22", "BME280", "BMP180", "BMP280", "BME680", "DS18B20", "HTU21D",
    "SHT10", "SHT11", "SHT15", "SHT30", "SHT31", "SHT35", "SHT85",
)  # fmt: skip
_NOISE = ("LAERM", "DNMS")


class _Channel(NamedTuple):
    property: str
    unit: str
    factor: float = 1.0


_PARTICLE_CHANNELS = {"P0": _Channel("pm1", "ug/m3"), "P1": _Channel("pm10", "ug/m3"), "P2": _Channel("pm25", "ug/m3")}
_CLIMATE_CHANNELS = {
    "temperature": _Channel("air_temperature", "Cel"),
    "humidity": _Channel("relative_humidity", "%"),
    "pressure": _Channel("air_pressure", "hPa", 0.01),  # the archive has pascals
}
_NOISE_CHANNELS = {"noise_LAeq": _Channel("sound_level", "dB")}

#: The allow-list: columns by type of sensor. On the PPD42NS, P1 and P2 are particle counts by size, so it is not
# here.
CHANNELS: dict[str, dict[str, _Channel]] = {
    **dict.fromkeys(_PARTICLES, _PARTICLE_CHANNELS),
    **dict.fromkeys(_CLIMATE, _CLIMATE_CHANNELS),
    **dict.fromkeys(_NOISE, _NOISE_CHANNELS),
}


def _forget(source: Source, sensor: str) -> None:
    """The file that was noted has moved, as those of a year do once it has ended: the next run looks for it."""
    noted = source.notes["newest"]
    noted["files"].pop(sensor, None)
    noted["asked"] = [one for one in noted["asked"] if one not in (sensor, _ALL)]


class SensorCommunity(PullAdapter):
    """Adapter for the archive (and any server with its layout)."""

    provider = "sensor_community"
    title = "Sensor.Community"
    license_id = "ODbL-1.0-DbCL-1.0"
    attribution = "Sensor.Community contributors"
    time_source = "server"
    ordered = True
    behind = timedelta(hours=36)  # a day is written in the morning after

    def survey(self, source: Source) -> Survey:
        """The newest file of each sensor, with where it stands."""
        found = Survey()
        latest: list[_Stood] = []
        silent = 0
        for file in sorted(self._newest(source, found.troubles).values()):
            try:
                stood = _last(file, self.fetch(source, file))
            except Gone:
                _forget(source, file.sensor)
                # Not gone itself: so the survey is not complete, and its station is not called gone.
                found.troubles.append(Unreachable("A file of the archive has moved; the next run looks for it."))
                silent = 0
            except (Unreachable, FeedError) as error:
                found.troubles.append(error)
                silent = silent + 1 if isinstance(error, Unreachable) else 0
                if silent >= MOST_TROUBLES:
                    break
            else:
                silent = 0
                if stood:
                    latest.append(stood)
        if silent >= MOST_TROUBLES and not latest:
            raise found.troubles[-1]
        found.stations = _join(latest, self.describe)
        return found

    def _newest(self, source: Source, troubles: list[Exception]) -> dict[str, FeedFile]:
        """The newest file of each sensor. It is noted for the next run, which looks only through the days since, and
        further back for sensors that nobody has looked for yet: one that ended years ago is not sought every time."""
        span = f"{source.first_day} {source.last_day}"
        noted = source.notes.get("newest", {})
        if noted.get("span") != span:
            noted = {"asked": [], "files": {}}
        since = date.fromisoformat(noted["until"]) - daily.LOOK_BACK if "until" in noted else date.min
        asked = set(source.sensors) or {_ALL}
        newest: dict[str, FeedFile] = {}
        days = sorted(daily.days(source, since), reverse=True)
        self._look(source, days, newest, set(source.sensors), troubles)
        if since > date.min and (sought := asked - newest.keys() - set(noted["asked"])):
            older = [one for one in sorted(daily.days(source, date.min), reverse=True) if one[0] < since]
            self._look(source, older, newest, sought - {_ALL}, troubles)
        for sensor, entry in noted["files"].items():
            if not source.sensors or sensor in source.sensors:
                newest.setdefault(sensor, FeedFile.from_dict(entry))
        if days:
            files = {sensor: file.to_dict() for sensor, file in newest.items()}
            until = days[0][0].isoformat()
            source.notes["newest"] = {"span": span, "until": until, "asked": sorted(asked), "files": files}
        return newest

    def _look(
        self,
        source: Source,
        days: list[tuple[date, str]],
        newest: dict[str, FeedFile],
        wanted: set[str],
        troubles: list[Exception],
    ) -> None:
        """Go through days, the newest first, until all that are ``wanted`` are found (with none named: to the end)."""
        silent = 0
        for day, folder in days:
            try:
                listed = self._folder(source, day, folder)
            except (Unreachable, Gone) as error:
                troubles.append(error)
                silent = silent + 1 if isinstance(error, Unreachable) else 0
                if silent >= MOST_TROUBLES:
                    raise
                continue
            silent = 0
            for file in listed:
                newest.setdefault(file.sensor, file)
            if wanted and newest.keys() >= wanted:
                break

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        """From each sensor's newest day on, and what has come late. A sensor that no finished run has had in its
        list may have files of any age."""
        since = {sensor: moment.date() for sensor in known.newest if (moment := known.since(sensor))}
        added = set(source.sensors) - known.asked_before
        start = date.min if added or not since else max(since.values()) - daily.LOOK_BACK
        for day, folder in sorted(daily.days(source, start)):
            try:
                listed = self._folder(source, day, folder)
            except (Unreachable, Gone):  # the index of one day keeps nothing from the other days
                yield FeedFile(day, folder, "", _LISTING, {"sensors": ",".join(source.sensors)})
                continue
            for file in listed:
                if day >= since.get(file.sensor, date.min):
                    yield file

    def fetch(self, source: Source, file: FeedFile) -> bytes:
        if file.sensor_type == _LISTING:
            return source.get(file.path, LARGEST_INDEX)
        data = source.get(file.path, LARGEST_FILE)
        return _unpacked(data, file.path) if file.path.endswith(".gz") else data

    def _folder(self, source: Source, day: date, folder: str) -> list[FeedFile]:
        listed = self.listed(day, folder, source.get(folder, LARGEST_INDEX))
        return [file for file in listed if not source.sensors or file.sensor in source.sensors]

    def listed(self, day: date, folder: str, index: bytes) -> list[FeedFile]:
        """The data files that the index of a day's folder names; packed ones only where they stand alone."""
        found: dict[tuple[str, str], FeedFile] = {}
        for name in sorted(names(index), key=len, reverse=True):
            match = _FILE.fullmatch(name)
            if match and match[1] == day.isoformat() and match[2].upper() in CHANNELS:
                found[match[2], match[3]] = FeedFile(day, folder + name, match[3], match[2].upper())
        return sorted(found.values())

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        if file.sensor_type == _LISTING:
            wanted = set(filter(None, file.about["sensors"].split(",")))
            listed = self.listed(file.day, file.path, data)
            report.more = [one for one in listed if not wanted or one.sensor in wanted]
            return
        lines = _lines(data)
        columns, width = _columns(next(lines, ""), file, report)
        rows = _Rows(file, report)
        for line in lines:
            if line == "\n":
                continue
            report.rows += 1
            row = _cells(line)
            time = rows.time(row) if len(row) == width else rows.refuse("columns")
            if time is None:
                continue
            for index, channel, factor in columns:
                try:
                    text = row[index]
                    result = None if text in _MISSING else _number(text, factor)
                except ValueError:
                    report.refused["value"] += 1
                    continue
                report.readings += 1
                report.missing += result is None
                yield Reading(row[2], file.sensor, channel, time, result)

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        streams = tuple(sorted(datastreams, key=lambda stream: (int(stream.sensor), stream.channel)))
        return Station(location, f"SC-{location}", site.latitude, site.longitude, "outdoor", streams)


def _columns(header: str, file: FeedFile, report: FileReport) -> tuple[list[tuple[int, str, float]], int]:
    """Place, name and factor of the columns that are read, and how many columns there are; the report is told."""
    names_ = header.rstrip("\n").split(";")
    if tuple(names_[: len(_KEYS)]) != _KEYS:
        raise FeedError(Message(N_("{file} does not begin like a file of this archive."), {"file": file.path}))
    wanted = CHANNELS[file.sensor_type]
    columns = [(index, name, wanted[name].factor) for index, name in enumerate(names_) if name in wanted]
    report.datastreams = tuple(
        Datastream(file.sensor, file.sensor_type, name, wanted[name].property, wanted[name].unit)
        for _index, name, _factor in columns
    )
    return columns, len(names_)


def _lines(data: bytes) -> io.StringIO:
    """A file's lines; every byte is a Latin-1 letter."""
    return io.StringIO(data.removeprefix(_BOM).decode("latin-1"), newline=None)


def _cells(line: str) -> list[str]:
    """The cells of a line; none of a line that no honest file has."""
    return line.rstrip("\n").split(";") if len(line) <= _LONGEST_LINE and "\x00" not in line else []


class _Stood(NamedTuple):
    """The place that a file says last, at which location of the source, and what the sensor measures."""

    location: str
    site: Site
    datastreams: tuple[Datastream, ...]


def _last(file: FeedFile, data: bytes) -> _Stood | None:
    """Read from the end, because a file is written in order of time; None where no row can be read."""
    lines = list(_lines(data))
    report = FileReport()
    _read, width = _columns(lines[0] if lines else "", file, report)
    rows = _Rows(file, report)
    for line in reversed(lines[1:]):
        row = _cells(line)
        if len(row) == width and rows.time(row):
            return _Stood(row[2], report.sites[row[2]], report.datastreams)
    return None


class _Rows:
    """The rows of one file: whether each is about this sensor, where it stood and when. What one row says of the
    sensor and its place, nearly all say, so it is looked at again only where it changes."""

    def __init__(self, file: FeedFile, report: FileReport) -> None:
        self.file, self.report = file, report
        self.date = file.day.isoformat()
        self.said: list[str] = []
        self.since: datetime | None = None

    def time(self, row: list[str]) -> datetime | None:
        """The moment of a row; None for a row that is refused, which is counted."""
        time = _time(row[5], self.file.day, self.date)
        if row[:5] != self.said:
            reason = _refusal(row, self.file)
            if reason or time is None:
                return self.refuse(reason or "time")
            place = point(row[3], row[4])
            if place is None:
                return self.refuse("place")
            self._stand(row, place, time)
        elif time is None:
            return self.refuse("time")
        elif self.since is None or time < self.since:
            self._stand(row, self.report.sites[row[2]][:2], time)
        return time

    def refuse(self, reason: str) -> None:
        self.report.refused[reason] += 1

    def _stand(self, row: list[str], place: tuple[float, float], time: datetime) -> None:
        """Keep where the sensor stood first at this location of the source, and since when."""
        known = self.report.sites.get(row[2])
        if known is None or time < known.since:
            known = self.report.sites[row[2]] = Site(*place, time)
            if len(self.report.sites) > MOST_SITES:
                raise FeedError(
                    Message(N_("{file} names more places than one sensor can have stood at."), {"file": self.file.path})
                )
        self.said, self.since = row[:5], known.since


def _refusal(row: list[str], file: FeedFile) -> str | None:
    if row[0] != file.sensor or row[1].upper() != file.sensor_type:
        return "other_sensor"
    if not (row[2].isascii() and row[2].isdigit() and len(row[2]) <= 10):
        return "place"
    return None


def _time(text: str, day: date, said: str) -> datetime | None:
    """The moment in UTC; None for what is none, or is about another day. ``said``: the day as the file writes it."""
    try:
        if len(text) == _PLAIN and text[16] == ":" and text.startswith(said):
            return datetime.fromisoformat(text + "+00:00")
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if abs(time.date() - day) <= DAY_TOLERANCE else None


def _unpacked(data: bytes, name: str) -> bytes:
    """A packed file, as far as an honest one goes: a few bytes can unpack to gigabytes."""
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            plain = stream.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FeedError(Message(N_("{file} cannot be unpacked."), {"file": name})) from error
    if len(plain) > LARGEST_FILE:
        raise FeedError(Message(N_("{file} is larger than a file of one day can be."), {"file": name}))
    return plain


def _number(text: str, factor: float) -> float | None:
    """The value in our unit, None for a missing one; ValueError for what is neither."""
    if text.lower() in _MISSING:
        return None
    if len(text) > 30 or "_" in text or not text.isascii():
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value) or value in quantities.SENTINELS:
        return None
    if abs(value) > quantities.LARGEST:
        raise ValueError(text)
    return value if factor == 1.0 else round(value * factor, 6)


def _join(stood: Iterable[_Stood], describe: Callable[[str, Site, tuple[Datastream, ...]], Station]) -> list[Station]:
    """Sensors at the same location are one station; the place said last holds."""
    together: dict[str, list[_Stood]] = {}
    for one in stood:
        together.setdefault(one.location, []).append(one)
    stations = []
    for location, members in sorted(together.items(), key=lambda item: int(item[0])):
        site = max((one.site for one in members), key=attrgetter("since"))
        stations.append(describe(location, site, tuple(stream for one in members for stream in one.datastreams)))
    return stations
