"""Feeds that are sent to the portal: what a body holds, row by row, and what becomes of each (pure).

Ids and names of devices are free text, so every one becomes a code. A place that a device sends is published as
coarsely as any unknown one; only the place written into the feed counts as a station's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ckanext.steamcity.stamps import stamp

from . import quantities
from .base import (
    EARLIEST,
    MOST_AHEAD,
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
)
from .profiles import PROFILES, SENSORS, Body, Entry

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
    return ZoneInfo(value).key if value else ""


def _mapping(value: Any) -> dict[str, Any]:
    """Name in the body → "time", "seconds" (since the start), or {"property": one of ours, "unit": as written}."""
    mapping = dict(value or {})
    if len(mapping) > _MOST_MAPPED:
        raise ValueError("too much")
    for name, meaning in mapping.items():
        fits = meaning in ("time", "seconds") or quantities.quantity((meaning["property"],), (meaning["unit"],))
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
    """What a body held. ``receipt``: for each row whether it was accepted, else why not."""

    readings: list[Reading] = field(default_factory=list)
    stations: list[tuple[Station, datetime]] = field(default_factory=list)
    receipt: list[dict[str, Any]] = field(default_factory=list)
    uplinks: list[str] = field(default_factory=list)

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
    home: tuple[float, float] | None,
    device: str = "",
    start: datetime | None = None,
    known_uplinks: frozenset[str] = frozenset(),
    most: int = 2500,
    room: Room | None = None,
) -> Parcel:
    """Everything in a body. ``home``: where the feed's devices stand when they don't say it; ``room``: for how many
    devices there is some. Raises FeedError for a body that is not what the profile says, ValueError for too many
    rows."""
    parcel = Parcel()
    devices: dict[str, _Device] = {}
    mapping = source.options["mapping"]
    body = Body(data, device, source.options["timezone"], mapping, start)
    for number, entry in enumerate(PROFILES[source.options["profile"]](body), 1):
        if number > most:
            raise ValueError(most)
        uplink = hashlib.sha256(entry.uplink.encode()).hexdigest()[:16] if entry.uplink else ""
        if uplink in known_uplinks:
            parcel.receipt.append({"row": number, "state": "accepted", "duplicate": True})
            continue
        taken = _take(entry, source, devices, home, room)
        if isinstance(taken, str):
            parcel.receipt.append({"row": number, "state": "rejected", "reason": taken})
            continue
        parcel.readings.append(taken)
        row = {"row": number, "state": "accepted", "time": stamp(taken.time)}
        parcel.receipt.append(row | ({"flags": ["date"]} if taken.time > source.now + AHEAD else {}))
        if uplink and uplink not in parcel.uplinks:
            parcel.uplinks.append(uplink)
    parcel.stations = [_station(one, source, home) for one in devices.values() if one.streams]
    return parcel


def _take(
    entry: Entry,
    source: Source,
    devices: dict[str, _Device],
    home: tuple[float, float] | None,
    room: Room | None,
) -> Reading | str:
    """The reading of an entry, or the reason why there is none."""
    if entry.bad:
        return entry.bad
    mapped = source.options["mapping"].get(entry.sensor)
    named = isinstance(mapped, dict)
    titles, unit = ((mapped["property"],), mapped["unit"]) if named else (entry.titles, entry.unit)
    measured = quantities.quantity(titles, (unit,))
    if measured is None:
        return "quantity"
    time = entry.time or source.now
    if time > source.now + MOST_AHEAD:
        return "future"
    if time < EARLIEST:
        return "past"
    if entry.place is None and home is None:
        return "place"
    try:
        value = quantities.number(entry.value)
    except ValueError:
        return "value"
    # Never the sender's own text: people call their devices by their children's names.
    code = source.code(f"device {entry.device}")
    if room is not None and code not in devices and not room.holds(code, devices):
        return "devices"
    known = devices.setdefault(code, _Device(code))
    sensor = entry.sensor if _says_no_name(entry.sensor) and not named else source.code(f"sensor {entry.sensor}")
    known.streams.add(Datastream(sensor, "unknown", measured.channel, measured.observed, measured.unit))
    known.first = min(known.first or time, time)
    if entry.place and (known.said is None or time >= known.said):
        known.place, known.said = entry.place, time
    return Reading(code, sensor, measured.channel, time, None if value is None else measured.convert(value))


def _says_no_name(sensor: str) -> bool:
    """A type of sensor, a number, or a quantity by its own name; `ANNACO2` is none of them."""
    if sensor in SENSORS or re.fullmatch(r"[0-9]{1,2}", sensor):
        return True
    return bool(_PLAIN.fullmatch(sensor)) and quantities.named(sensor) is not None


def _station(device: _Device, source: Source, home: tuple[float, float] | None) -> tuple[Station, datetime]:
    """A device that says where it is, is anywhere; one place for each body, so that no way is drawn."""
    exposure = "unknown" if device.place else source.options["exposure"]
    latitude, longitude = device.place or home or (0.0, 0.0)
    since = device.said or device.first or source.now
    site = Site(latitude, longitude, since, exposure)
    return Push().describe(device.code, site, tuple(device.streams)), since
