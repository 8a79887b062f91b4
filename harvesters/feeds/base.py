"""What every feed adapter gives and is given (pure: knows no CKAN; everybody may import it).

An adapter is small mapping code over an allow-list: what it doesn't name in its lists is never read further, so a
name or a note that somebody put into a payload cannot reach a table, a file or a log. The loop (fetching, batches,
cursors) is the harvester's.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from ckanext.steamcity.messages import Message

#: Published coordinates are never finer than this (about 100 m).
DECIMALS = 3
#: A reading is refused when it is further than this from the day its file is about: one file cannot fill the
# calendar.
DAY_TOLERANCE = timedelta(days=1)
#: A sensor does not move more often in one file than this.
MOST_SITES = 5


class FeedError(Exception):
    """The source gave something that is not what its protocol says; ``message`` says what, in words."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text)
        self.message = message


class Reading(NamedTuple):
    """One value of one sensor at one moment. ``result`` is None when the source sent no usable value."""

    station: str
    sensor: str
    channel: str
    time: datetime
    result: float | None


@dataclass(frozen=True)
class Datastream:
    """One quantity of one sensor. ``channel`` is the source's own name of the quantity; ``unit`` is a UCUM code."""

    sensor: str
    sensor_type: str
    channel: str
    property: str
    unit: str


@dataclass(frozen=True)
class Station:
    """A place with sensors, as far as it may be published: a code instead of a name, a rounded place."""

    source_id: str
    code: str
    latitude: float
    longitude: float
    exposure: str
    datastreams: tuple[Datastream, ...] = ()

    def to_dict(self) -> dict:
        return asdict(self)

    @property
    def digest(self) -> str:
        """Equal for equal descriptions; a station whose digest is known needs no import."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, order=True)
class FeedFile:
    """A file of an archive: the day it is about, its address relative to the index, the sensor it belongs to."""

    day: date
    path: str
    sensor: str
    sensor_type: str = field(compare=False)


@dataclass
class FileReport:
    """What one file held; ``refused`` counts the rows that were left out, by reason."""

    rows: int = 0
    readings: int = 0
    missing: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    sites: dict[str, Site] = field(default_factory=dict)
    datastreams: tuple[Datastream, ...] = ()


class Site(NamedTuple):
    """Where a station was said to be, and when that was first said in this file."""

    latitude: float
    longitude: float
    since: datetime


class Adapter(Protocol):
    """One provider. ``time_source`` says whose clock the times are: device, gateway or server."""

    provider: str
    title: str
    license_id: str
    attribution: str
    time_source: str

    def days(self, index: bytes) -> list[tuple[date, str]]:
        """The day folders that an index names: the day and the path relative to the index."""
        ...

    def files(self, day: date, folder: str, index: bytes) -> list[FeedFile]:
        """The data files that the index of a day folder names."""
        ...

    def stations(self, files: Iterable[tuple[FeedFile, bytes]]) -> list[Station]:
        """Descriptions of the stations these files speak of; of several files about a sensor, the last counts."""
        ...

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        """The readings of one file, and what happened to its rows in ``report``."""
        ...

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        """The station at a location of a report, as far as the report knows it."""
        ...


def rounded(value: float) -> float:
    """A coordinate as it may be published."""
    return round(value, DECIMALS)
