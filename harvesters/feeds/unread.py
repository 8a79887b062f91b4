"""What could not be read and is asked for again in later runs (pure: knows no CKAN).

It waits until everything new has been asked for, so that one sensor in trouble keeps nothing from the others; what
waits for the same sensor is joined by its adapter; and it is given up one day, which is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from .base import Adapter, FeedFile

#: So much can wait.
MOST = 10_000
#: Given up once it was asked for so many times over so long a time.
TRIES, PATIENCE = 10, timedelta(days=30)


class Unread:
    """Made of what the last run left; `entries` is what this one leaves."""

    def __init__(self, left: Iterable[dict[str, Any]], today: date) -> None:
        self._today = today
        new = {"tries": 0, "first": today.isoformat()}
        self._kept: dict[str, dict[str, Any]] = {entry["path"]: new | entry for entry in left}
        self._ailing = frozenset(entry["sensor"] for entry in self._kept.values()) - {""}
        self._failed: set[str] = set()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [dict(entry) for entry in self._kept.values()]

    @property
    def most_tries(self) -> int:
        return max((entry["tries"] for entry in self._kept.values()), default=0)

    def waits(self, file: FeedFile) -> bool:
        """Whether a new file is asked for with what could not be read, as other files of its sensor are there."""
        if file.path in self._kept:
            return True
        return file.sensor in self._ailing and self._add(file)

    def failed(self, file: FeedFile, *, asked: bool = True) -> bool:
        """Keep what could not be read (``asked``: in this run). False where nothing more can be kept."""
        if file.path not in self._kept and not self._add(file):
            return False
        self._kept[file.path]["tries"] += asked
        self._failed.add(file.path)
        return True

    def read(self, file: FeedFile) -> None:
        self._kept.pop(file.path, None)

    def give_up(self) -> list[FeedFile]:
        """Take out what was asked for often and long enough."""
        old = [
            entry
            for entry in self._kept.values()
            if entry["tries"] >= TRIES and self._today - date.fromisoformat(entry["first"]) > PATIENCE
        ]
        for entry in old:
            del self._kept[entry["path"]]
        return [FeedFile.from_dict(entry) for entry in old]

    def again(self, adapter: Adapter) -> list[FeedFile]:
        """What is to be asked for again, joined; what was tried least first, so that each gets its turn. Not what has
        failed in this run."""
        former, self._kept = self._kept, {path: self._kept[path] for path in self._failed if path in self._kept}
        of_sensors: dict[str, list[dict[str, Any]]] = {}
        for path, entry in former.items():
            if path not in self._kept:
                of_sensors.setdefault(entry["sensor"] or path, []).append(entry)
        files = []
        for entries in of_sensors.values():
            since = {"tries": max(e["tries"] for e in entries), "first": min(e["first"] for e in entries)}
            joined = adapter.joined([FeedFile.from_dict(entry) for entry in entries])
            for file in joined:
                known = former.get(file.path, since) if len(joined) == len(entries) else since
                self._kept[file.path] = file.to_dict() | {name: known[name] for name in since}
                files.append(file)
        return sorted(files, key=lambda file: (self._kept[file.path]["tries"], file))

    def _add(self, file: FeedFile) -> bool:
        if len(self._kept) >= MOST:
            return False
        self._kept[file.path] = file.to_dict() | {"tries": 0, "first": self._today.isoformat()}
        return True
