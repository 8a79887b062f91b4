"""What every feed adapter gives and is given (pure: knows no CKAN; everybody may import it).

An adapter is small mapping code over an allow-list: what it doesn't name in its lists is never read further, so a
name or a note that somebody put into a payload cannot reach a table, a file or a log. The loop (fetching, paging,
batches, cursors) is the harvester's; `reader.py` is the part of it that needs no CKAN.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from ckanext.steamcity.messages import Message

#: Published coordinates are never finer than this (about 100 m).
DECIMALS = 3
#: A reading is refused when it is further than this from the day its file is about: one file cannot fill the
# calendar.
DAY_TOLERANCE = timedelta(days=1)
#: A sensor does not move more often in one file than this.
MOST_SITES = 5
#: Readings of the hours before the newest stored one are asked for again: the source may still have added to them.
OVERLAP = timedelta(hours=12)
#: Further ahead of our clock than this a reading is refused; one such reading would be the newest for years.
MOST_AHEAD = timedelta(days=1)
#: A device whose clock has lost its battery says 1970 or 2000. No network this portal reads is older.
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
#: Largest answers: a list of stations or an index; one file or page.
LARGEST_INDEX, LARGEST_FILE = 50_000_000, 20_000_000

_IDENTIFIER = re.compile(r"[0-9]{1,12}|[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class FeedError(Exception):
    """The source gave something that is not what its protocol says; ``message`` says what, in words."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text)
        self.message = message


class Gone(Exception):  # noqa: N818  says what happened
    """The source says that it does not have this."""


class TooMany(FeedError):  # noqa: N818  says what happened
    """The source has more than this feed may read."""


class Unreachable(Exception):  # noqa: N818  says what happened
    """The source could not be read; the text says why in one sentence, without the address that was asked for.
    ``kind``: `silent`, `private` (no public address), `refused` (an answer that is none) or `slow`."""

    def __init__(self, text: str, kind: str = "silent") -> None:
        super().__init__(text)
        self.kind = kind


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
    place: str = ""  # the published place, where no point is known: the one of the feed

    def to_dict(self) -> dict:
        told = asdict(self)
        if not self.place:
            del told["place"]
        return told

    @property
    def digest(self) -> str:
        """Equal for equal descriptions; a station whose digest is known needs no import."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, order=True)
class FeedFile:
    """One thing to fetch, a file or a page: the day it is about, its address relative to the feed's, the sensor it
    belongs to. ``about`` is what the adapter has to know to read it; it is kept, so nobody's name may stand in it."""

    day: date
    path: str
    sensor: str
    sensor_type: str = field(compare=False)
    about: dict[str, str] = field(compare=False, hash=False, default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"day": self.day.isoformat()}

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> FeedFile:
        return cls(
            date.fromisoformat(entry["day"]),
            entry["path"],
            entry["sensor"],
            entry["sensor_type"],
            entry.get("about") or {},
        )


class Home(NamedTuple):
    """The published place of a feed: its middle, and what it is called (`area:…`, `cell:…`)."""

    latitude: float
    longitude: float
    place: str = ""


class Site(NamedTuple):
    """Where a station was said to be, and when that was first said in this file."""

    latitude: float
    longitude: float
    since: datetime
    exposure: str = "outdoor"


@dataclass
class FileReport:
    """What one file held; ``refused`` counts the rows that were left out, by reason; ``more``: what to fetch next,
    because the answer was not all."""

    rows: int = 0
    readings: int = 0
    missing: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    sites: dict[str, Site] = field(default_factory=dict)
    datastreams: tuple[Datastream, ...] = ()
    more: list[FeedFile] = field(default_factory=list)


@dataclass
class Survey:
    """The stations of a feed as they are described now, and what could not be read of them. ``dropped`` counts what
    is left out by reason: `mobile`, `place` (none known), `quantity` (sensors nobody here understands); ``named``:
    ids of stations that are left out although the source has them."""

    stations: list[Station] = field(default_factory=list)
    since: dict[str, datetime] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    named: set[str] = field(default_factory=set)


@dataclass
class Source:
    """A feed as its adapter sees it. ``get`` fetches an address relative to the feed's (raises Gone, Unreachable);
    ``options`` are those of the provider, checked; ``secret`` makes codes of names that nobody can guess back;
    ``notes``: what the adapter wants to know in the next run. They are kept, so nobody's name may stand in them."""

    url: str
    get: Callable[[str, int], bytes]
    options: Mapping[str, Any] = field(default_factory=dict)
    sensors: tuple[str, ...] = ()
    first_day: date = date.min
    last_day: date = date.max
    secret: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: dict[str, Any] = field(default_factory=dict)

    def code(self, name: object) -> str:
        """The source's own id where it is a number, a UUID or the like; else a code, since people write names."""
        text = str(name)
        if _IDENTIFIER.fullmatch(text):
            return text
        return "x" + hashlib.blake2b(text.encode(), key=self.secret.encode()[:64], digest_size=6).hexdigest()


@dataclass
class Known:
    """What is stored of a feed: the newest moment of each sensor, the sensors the last finished run asked for."""

    newest: dict[str, datetime] = field(default_factory=dict)
    asked_before: frozenset[str] = frozenset()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def since(self, sensor: str) -> datetime | None:
        """From when on this sensor is asked for: the newest moment less an overlap, None for all it has."""
        newest = self.newest.get(sensor)
        return min(newest, self.now) - OVERLAP if newest else None


Check = Callable[[Any], Any]


class Adapter(Protocol):
    """One provider. ``time_source`` says whose clock the times are: device, gateway or server. ``license_id`` is
    empty where the licence is up to each server; ``options`` are the provider's own keys of a feed's configuration,
    each with what makes a value of what was written (ValueError); ``ordered``: files come in order of day and path,
    so that a run goes on after the last one; ``complete``: a survey names every station there is, so that one it
    does not name is gone; ``behind``: how late a source that is well gives what it has."""

    provider: str
    title: str
    license_id: str
    attribution: str
    time_source: str
    options: Mapping[str, Check]
    ordered: bool
    complete: bool
    behind: timedelta

    def survey(self, source: Source) -> Survey:
        """The stations as they are described now."""
        ...

    def files(self, source: Source, known: Known) -> Iterator[FeedFile]:
        """What is to be fetched, given what is stored."""
        ...

    def fetch(self, source: Source, file: FeedFile) -> bytes:
        """The bytes of a file. Raises Gone, Unreachable."""
        ...

    def readings(self, file: FeedFile, data: bytes, report: FileReport) -> Iterator[Reading]:
        """The readings of one file, and what happened to its rows in ``report``."""
        ...

    def describe(self, location: str, site: Site, datastreams: tuple[Datastream, ...]) -> Station:
        """The station at a location of a report, as far as the report knows it."""
        ...

    def joined(self, files: list[FeedFile]) -> list[FeedFile]:
        """The same as these files of one sensor, which could not be read, asked for at fewer times where that can
        be."""
        ...


class PullAdapter:
    """What most adapters share."""

    options: Mapping[str, Check] = {}  # noqa: RUF012  never changed
    ordered = False
    complete = True
    behind = timedelta()

    def fetch(self, source: Source, file: FeedFile) -> bytes:
        return source.get(file.path, LARGEST_FILE)

    def joined(self, files: list[FeedFile]) -> list[FeedFile]:
        return files


def rounded(value: float) -> float:
    """A coordinate as it may be published."""
    return round(value, DECIMALS)


def point(latitude: object, longitude: object) -> tuple[float, float] | None:
    """A place as it may be published; None for what is none. 0, 0 is what a device without a place sends."""
    try:
        lat, lon = float(str(latitude)), float(str(longitude))
    except ValueError:
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
        return None
    return rounded(lat), rounded(lon)
