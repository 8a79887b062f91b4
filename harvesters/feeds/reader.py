"""The loop every feed is read with, whatever its provider (pure: fetching is handed in with the source).

It follows pages until the source says that there are no more, stops when a source leads it in a circle, leaves out
readings whose time cannot be, and says of everything it asked for what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ckanext.steamcity.messages import N_, Message

from . import payload
from .base import EARLIEST, MOST_AHEAD, Adapter, FeedError, FeedFile, FileReport, Gone, Reading, Source, Unreachable

#: So many pages may follow one another; a source that has more is asked again in the next run.
MOST_PAGES = 10_000
#: So many answers in a row that could not be had, and the source is left alone until the next run.
MOST_TROUBLES = 5


@dataclass
class Piece:
    """What came of one thing that was asked for: readings, or a trouble (``gone``, or ``unread`` and why).
    ``digest`` tells this answer from all others, if there is nothing more to be had from it once its readings are
    stored; ``unchanged``: that has been so before, and it was not read again."""

    file: FeedFile
    report: FileReport = field(default_factory=FileReport)
    readings: list[Reading] = field(default_factory=list)
    trouble: Literal["gone", "unread"] | None = None
    reason: Exception | None = None
    digest: str = ""
    unchanged: bool = False


def read(
    adapter: Adapter, source: Source, files: Iterable[FeedFile], stored: Container[str] = frozenset()
) -> Iterator[Piece]:
    """Each file with the pages that follow it; those whose digests are ``stored`` are fetched, and no more. Raises
    Unreachable when the source has stopped answering."""
    troubles = 0
    for first in files:
        chain = _Chain()
        waiting = [first]
        while waiting:
            piece = _piece(adapter, source, waiting.pop(0), chain, stored)
            waiting = piece.report.more + waiting
            troubles = troubles + 1 if isinstance(piece.reason, Unreachable) else 0
            yield piece
            if troubles >= MOST_TROUBLES:
                raise Unreachable(str(piece.reason))


def _piece(adapter: Adapter, source: Source, file: FeedFile, chain: _Chain, stored: Container[str]) -> Piece:
    piece = Piece(file)
    try:
        chain.enter(file)
        data = adapter.fetch(source, file)
        digest = chain.check(data)
        name = _digest(file, data)
        if name in stored:
            return Piece(file, digest=name, unchanged=True)
        piece.readings = [r for r in adapter.readings(file, data, piece.report) if _can_be(r, source, piece.report)]
        if piece.readings:
            chain.taken.add(digest)
    except Gone as error:
        return Piece(file, trouble="gone", reason=error)
    except (Unreachable, FeedError) as error:
        return Piece(file, trouble="unread", reason=error)
    if not piece.report.more and not piece.report.refused["future"]:
        piece.digest = name
    return piece


def _digest(file: FeedFile, data: bytes) -> str:
    """Of an answer and whose it is; the same bytes may come from two sensors."""
    about = repr((file.sensor, file.sensor_type, sorted(file.about.items())))
    whose = hashlib.blake2b(about.encode(), digest_size=16).digest()
    return hashlib.blake2b(data, digest_size=8, key=whose).hexdigest()


def _can_be(reading: Reading, source: Source, report: FileReport) -> bool:
    if reading.time > source.now + MOST_AHEAD:
        report.refused["future"] += 1
    elif reading.time < EARLIEST:
        report.refused["past"] += 1
    else:
        return True
    report.readings -= 1
    return False


class _Chain:
    """The pages that have followed one another, to notice a circle. ``taken``: digests of those that gave readings."""

    def __init__(self) -> None:
        self.taken: set[bytes] = set()
        self._addresses: set[str] = set()

    def enter(self, file: FeedFile) -> None:
        if file.path in self._addresses or len(self._addresses) >= MOST_PAGES:
            raise payload.circle()
        self._addresses.add(file.path)

    def check(self, data: bytes) -> bytes:
        """The same page under another address is a circle too."""
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if digest in self.taken:
            raise FeedError(Message(N_("The source gives the same page again and again.")))
        return digest
