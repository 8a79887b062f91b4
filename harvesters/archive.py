"""A remote archive, read through the guarded HTTP client (only `harvesters/` imports this)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from ckanext.steamcity import net

from . import feeds
from .config import FeedConfig, folder

#: Bounds that make a file's worst case shorter than a run's lease.
_TIMEOUT, _DEADLINE = 20.0, 60.0
_LARGEST_FILE = 20_000_000
_LARGEST_INDEX = 50_000_000


class Gone(Exception):  # noqa: N818  says what happened
    """The archive says that it does not have this."""


class Archive:
    """One feed's archive. Listings are fetched once for each object; files every time."""

    def __init__(self, url: str, config: FeedConfig) -> None:
        self.base = folder(url)
        self.config = config
        self.adapter = config.adapter
        self._days: list[tuple[date, str]] | None = None
        self._listings: dict[date, list[feeds.FeedFile]] = {}

    def days(self) -> list[tuple[date, str]]:
        """The days the archive has, among those the feed asks for, oldest first."""
        if self._days is None:
            first, last = self.config.days()
            listed = self.adapter.days(self._get("", _LARGEST_INDEX))
            self._days = [(day, path) for day, path in listed if first <= day <= last]
        return self._days

    def files(self, since: date = date.min) -> Iterator[feeds.FeedFile]:
        """The files of the feed's sensors from a day on, in order of day and name."""
        for day, path in self.days():
            if day >= since:
                yield from self.listing(day, path)

    def newest(self, wanted: int = 0) -> list[feeds.FeedFile]:
        """The newest file of each sensor; stops looking back once all configured sensors are found."""
        found: dict[str, feeds.FeedFile] = {}
        for day, path in reversed(self.days()):
            for file in self.listing(day, path):
                found.setdefault(file.sensor, file)
            if self.config.sensors and found.keys() >= set(self.config.sensors):
                break
        return sorted(found.values())

    def listing(self, day: date, path: str) -> list[feeds.FeedFile]:
        if day not in self._listings:
            files = self.adapter.files(day, path, self._get(path, _LARGEST_INDEX))
            wanted = set(self.config.sensors)
            self._listings[day] = [file for file in files if not wanted or file.sensor in wanted]
        return self._listings[day]

    def read(self, file: feeds.FeedFile) -> bytes:
        """The bytes of a file. Raises Gone or net.FetchError."""
        return self._get(file.path, _LARGEST_FILE)

    def _get(self, path: str, largest: int) -> bytes:
        address = self.base + quote(path)
        answer = net.fetch(address, max_bytes=largest, timeout=_TIMEOUT, deadline=_DEADLINE)
        if answer.status in (404, 410):
            raise Gone(address)
        if answer.status != 200:
            raise net.FetchError(f"{address} answered {answer.status}.")
        return answer.body
