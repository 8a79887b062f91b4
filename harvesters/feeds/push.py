"""Feeds that are sent to the portal: what a body holds, row by row, and what becomes of each (pure).

Ids and names of devices are free text, so every one becomes a code. A place that a device sends is published as
coarsely as any unknown one; only the place written into the feed counts as a station's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from ckanext.steamcity.stamps import stamp

from . import quantities
from .base import (
    EARLIEST,
    MOST_AHEAD,
    Check,
    Datastream,
    FeedFile,
    FileReport,
    Home,
    Known,
    PullAdapter,
    Reading,
    Site,
    Source,
    Station,
    Survey,
)
from .clocks import zone
from .entries import Body, Entry
from .profiles import PROFILES, SENSORS
from .tables import CLOCKS
from .uplinks import Uplinks

#: From here on a reading is flagged, as the tests of quality do.
AHEAD = timedelta(minutes=5)
_MOST_MAPPED = 100
_PLAIN = re.compile(r"[A-Z0-9]{1,8}")


def _profile(value: Any) -> str:
    if (value or "steamcity") not in PROFILES:
        raise ValueError("a profile")
    return value or "steamcity"


def _exposure(value: Any) -> str:
    if (value or "unknown") not in ("outdoor", "indoor", "unknown"):
        raise ValueError("an exposure")
    return value or "unknown"


def _zone(value: Any) -> str:
    return zone(value).name if value else ""


def _order(value: Any) -> str:
    if value and value not in ("dmy", "mdy"):
        raise ValueError("an order of day and month")
    return value or ""


def _mapping(value: Any) -> dict[str, Any]:
    """Name in the body → "time", "date", what is counted since the start, or {"property": one of ours, "unit": as
    written}."""
    mapping = dict(value or {})
    if len(mapping) > _MOST_MAPPED:
        raise ValueError("too much")
    for name, meaning in mapping.items():
        fits = meaning in CLOCKS or quantities.quantity((meaning["property"],), (meaning["unit"],))
        if not isinstance(name, str) or not fits:
            raise ValueError(name)
    return mapping


class Push(PullAdapter):
    """A feed that waits for others to send; a run of it has nothing to fetch."""

    provider = "push"
    title = "Own sensors"
    license_id = ""
    attribution = ""
    time_source = "device"
    options: Mapping[str, Check] = {  # noqa: RUF012  never changed
        "profile": _profile,
        "exposure": _exposure,
        "timezone": _zone,
        "date_order": _order,
        "mapping": _mapping,
    }

    def survey(self, source: Source) -> Survey:
        return Survey()

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        yield from ()

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        yield from ()

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        streams = tuple(sorted(datastreams, key=lambda stream: (stream.sensor, stream.channel)))
        return Station(location, f"DEV-{location[1:7]}", site.latitude, site.longitude, site.exposure, streams)


@dataclass
class Parcel:
    """What a body held. ``receipt``: for each row whether it was accepted, else why not; ``uplinks``: what is known
    of them afterwards; ``clocks``: whose clocks the times are."""

    readings: list[Reading] = field(default_factory=list)
    stations: list[tuple[Station, datetime]] = field(default_factory=list)
    receipt: list[dict[str, Any]] = field(default_factory=list)
    uplinks: Uplinks = field(default_factory=Uplinks)
    clocks: set[str] = field(default_factory=set)

    @property
    def time_source(self) -> str:
        """The least exact of the clocks: a time of arrival must not pass for one of measurement."""
        return next((clock for clock in ("server", "gateway") if clock in self.clocks), "device")

    @property
    def accepted(self) -> int:
        return sum(row["state"] == "accepted" for row in self.receipt)

    @property
    def rejected(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.receipt:
            if row["state"] == "rejected":
                found[row["reason"]] = found.get(row["reason"], 0) + 1
        return found


@dataclass
class _Device:
    code: str
    streams: set[Datastream] = field(default_factory=set)
    place: tuple[float, float] | None = None
    said: datetime | None = None
    first: datetime | None = None


@dataclass(frozen=True)
class Room:
    """The devices a feed has, and how many it may have: each becomes a station for ever."""

    known: frozenset[str]
    most: int

    def holds(self, code: str, devices: Mapping[str, Any]) -> bool:
        return code in self.known or len(self.known | devices.keys()) < self.most


def unpack(
    source: Source,
    data: bytes,
    *,
    home: Home | None,
    device: str = "",
    start: datetime | None = None,
    order: str = "",
    known_uplinks: Mapping[str, Any] | None = None,
    most: int = 2500,
    room: Room | None = None,
) -> Parcel:
    """Everything in a body. ``home``: where the feed's devices stand when they don't say it; ``order``: of day and
    month where the body leaves it open; ``room``: for how many devices there is some. Raises FeedError for a body that
    is not what the profile says, ValueError for too many rows."""
    parcel = Parcel(uplinks=Uplinks(known_uplinks))
    options = source.options
    body = Body(
        data, device, options["timezone"], options["mapping"], start, order or options["date_order"], source.now
    )
    came_before, take = _CameBefore(source, parcel.uplinks), _Taking(source, home, room)
    for number, entry in enumerate(PROFILES[options["profile"]](body), 1):
        if number > most:
            raise ValueError(most)
        if came_before(entry):
            parcel.receipt.append({"row": number, "state": "accepted", "duplicate": True})
            continue
        taken = take(entry)
        if isinstance(taken, str):
            parcel.receipt.append({"row": number, "state": "rejected", "reason": taken})
            continue
        parcel.readings.append(taken)
        parcel.clocks.add(entry.time_source if entry.time else "server")
        row = {"row": number, "state": "accepted", "time": stamp(taken.time)}
        parcel.receipt.append(row | ({"flags": ["date"]} if taken.time > source.now + AHEAD else {}))
        if entry.uplink:
            parcel.uplinks.add(taken.station, entry.uplink.session, entry.uplink.counter)
    parcel.stations = [_station(one, source, home) for one in take.devices.values() if one.streams]
    return parcel


class _CameBefore:
    """Whether an uplink was taken already, by this feed or earlier in this body; all its values share one answer."""

    def __init__(self, source: Source, known: Uplinks) -> None:
        self._source, self._known = source, known
        self._answers: dict[int, bool] = {}

    def __call__(self, entry: Entry) -> bool:
        uplink = entry.uplink
        if uplink is None:
            return False
        if uplink.message not in self._answers:
            device = self._source.code(f"device {entry.device}")
            self._answers[uplink.message] = self._known.holds(device, uplink.session, uplink.counter)
        return self._answers[uplink.message]


class _Taking:
    """What becomes of an entry. Entries of one sensor say the same of themselves over and over, so it is looked up
    once."""

    def __init__(self, source: Source, home: Home | None, room: Room | None) -> None:
        self.devices: dict[str, _Device] = {}
        self._source, self._home, self._room = source, home, room
        self._mapping = source.options["mapping"]
        self._latest = source.now + MOST_AHEAD
        self._device = cache(lambda device: source.code(f"device {device}"))
        self._datastream = cache(self._described)

    def _described(
        self, sensor: str, titles: tuple[str, ...], unit: str
    ) -> tuple[quantities.Quantity, Datastream] | None:
        mapped = self._mapping.get(sensor)
        named = isinstance(mapped, dict)
        measured = (
            quantities.quantity((mapped["property"],), (mapped["unit"],))
            if named
            else quantities.quantity(titles, (unit,))
        )
        if measured is None:
            return None
        # Never the sender's own text: people call their devices by their children's names.
        code = sensor if _says_no_name(sensor) and not named else self._source.code(f"sensor {sensor}")
        return measured, Datastream(code, "unknown", measured.channel, measured.observed, measured.unit)

    def __call__(self, entry: Entry) -> Reading | str:
        """The reading of an entry, or the reason why there is none."""
        if entry.bad:
            return entry.bad
        described = self._datastream(entry.sensor, entry.titles, entry.unit)
        if described is None:
            return "quantity"
        time = entry.time or self._source.now
        if time > self._latest:
            return "future"
        if time < EARLIEST:
            return "past"
        if entry.place is None and self._home is None:
            return "place"
        try:
            value = quantities.number(entry.value)
        except ValueError:
            return "value"
        code = self._device(entry.device)
        if self._room is not None and code not in self.devices and not self._room.holds(code, self.devices):
            return "devices"
        measured, stream = described
        known = self.devices.setdefault(code, _Device(code))
        known.streams.add(stream)
        known.first = min(known.first or time, time)
        if entry.place and (known.said is None or time >= known.said):
            known.place, known.said = entry.place, time
        result = None if value is None else measured.convert(value)
        return Reading(code, stream.sensor, measured.channel, time, result)


def _says_no_name(sensor: str) -> bool:
    """A type of sensor, a number, or a quantity by its own name; `ANNACO2` is none of them."""
    if sensor in SENSORS or re.fullmatch(r"[0-9]{1,2}", sensor):
        return True
    return bool(_PLAIN.fullmatch(sensor)) and quantities.named(sensor) is not None


def _station(device: _Device, source: Source, home: Home | None) -> tuple[Station, datetime]:
    """A device that says where it is, is anywhere; one place for each body, so that no way is drawn."""
    exposure = "unknown" if device.place else source.options["exposure"]
    latitude, longitude = device.place or (home[:2] if home else (0.0, 0.0))
    since = device.said or device.first or source.now
    site = Site(latitude, longitude, since, exposure)
    station = Push().describe(device.code, site, tuple(device.streams))
    return station if device.place or home is None else replace(station, place=home.place), since
