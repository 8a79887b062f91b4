"""The loop every feed is read with, whatever its provider (pure: fetching is handed in with the source).

It follows pages until the source says that there are no more, stops when a source leads it in a circle, leaves out
readings whose time cannot be, and says of everything it asked for what came of it. One sensor in trouble is left alone
before long and the others are read; only a source that answers nobody ends the reading.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ckanext.steamcity.messages import N_, Message

from . import payload
from .base import EARLIEST, MOST_AHEAD, Adapter, FeedError, FeedFile, FileReport, Gone, Reading, Source, Unreachable

#: So many pages may follow one another; a source that has more is asked again in the next run.
MOST_PAGES = 10_000
#: So many answers in a row that could not be had, and whoever gave none is left alone until the next run: a sensor, or
# the source where they were of so many sensors.
MOST_TROUBLES = 5


@dataclass
class Piece:
    """What came of one thing that was asked for: readings, or a trouble (``gone``, or ``unread`` and why).
    ``digest`` tells this answer from all others, if there is nothing more to be had from it once its readings are
    stored; ``unchanged``: that has been so before, and it was not read again. ``sha256``: of the bytes that were
    read. ``asked``: false where its sensor has been left alone. ``of``: what the pages began with, ``last``: they
    have come to their end."""

    file: FeedFile
    report: FileReport = field(default_factory=FileReport)
    readings: list[Reading] = field(default_factory=list)
    trouble: Literal["gone", "unread"] | None = None
    reason: Exception | None = None
    digest: str = ""
    unchanged: bool = False
    sha256: str = ""
    asked: bool = True
    of: FeedFile | None = None
    last: bool = True


def read(
    adapter: Adapter,
    source: Source,
    files: Iterable[FeedFile],
    stored: Container[str] = frozenset(),
    again: Iterable[FeedFile] = (),
) -> Iterator[Piece]:
    """Each file with the pages that follow it; those whose digests are ``stored`` are fetched, and no more. ``again``:
    what could not be had before, asked for when all others have been. Raises Unreachable when the source has stopped
    answering; that what was asked for again was not to be had this time either is no reason."""
    patience = _Patience()
    for first in files:
        yield from _pages(adapter, source, first, patience, stored)
        if patience.spent:
            raise patience.reason
    for first in again:
        yield from _pages(adapter, source, first, patience, stored)
        if patience.spent:
            break
    if patience.heard_nothing:
        raise patience.reason


def _pages(
    adapter: Adapter, source: Source, first: FeedFile, patience: _Patience, stored: Container[str]
) -> Iterator[Piece]:
    chain = _Chain()
    waiting = [first]
    while waiting:
        file = waiting.pop(0)
        if patience.has_left(file):
            piece = Piece(file, trouble="unread", reason=patience.reason, asked=False)
        else:
            piece = _piece(adapter, source, file, chain, stored)
            patience.note(piece)
        waiting = piece.report.more + waiting
        piece.of, piece.last = first, not waiting
        yield piece


class _Patience:
    """Who has not answered, since when."""

    def __init__(self) -> None:
        self.reason = Unreachable("")
        self._answered = False
        self._troubles: Counter[str] = Counter()
        self._silent: set[str] = set()

    @property
    def spent(self) -> bool:
        """So many sensors one after another have given nothing that the source itself seems to be in trouble."""
        return len(self._silent) >= MOST_TROUBLES

    @property
    def heard_nothing(self) -> bool:
        return not self._answered and self._troubles.total() >= MOST_TROUBLES

    def has_left(self, file: FeedFile) -> bool:
        return self._troubles[_whose(file)] >= MOST_TROUBLES

    def note(self, piece: Piece) -> None:
        whose = _whose(piece.file)
        if isinstance(piece.reason, Unreachable):
            self.reason = piece.reason
            self._silent.add(whose)
            self._troubles[whose] += 1
        else:
            self._answered = True
            self._silent.clear()
            self._troubles.pop(whose, None)


def _whose(file: FeedFile) -> str:
    return file.sensor or file.path


def _piece(adapter: Adapter, source: Source, file: FeedFile, chain: _Chain, stored: Container[str]) -> Piece:
    piece = Piece(file)
    try:
        chain.enter(file)
        data = adapter.fetch(source, file)
        name = _digest(file, data)
        if name in stored:
            return Piece(file, digest=name, unchanged=True)
        piece.sha256 = hashlib.sha256(data).hexdigest()
        piece.readings = [r for r in adapter.readings(file, data, piece.report) if _can_be(r, source, piece.report)]
        chain.check(piece)
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
    """The pages that have followed one another, to notice a circle."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()
        self._addresses: set[str] = set()

    def enter(self, file: FeedFile) -> None:
        if file.path in self._addresses or len(self._addresses) >= MOST_PAGES:
            raise payload.circle()
        self._addresses.add(file.path)

    def check(self, piece: Piece) -> None:
        """The same readings under another address, with further pages after them, are a circle too; their bytes
        differ by the address of the next page."""
        if not (piece.readings and piece.report.more):
            return
        digest = hashlib.blake2b(repr(piece.readings).encode(), digest_size=16).digest()
        if digest in self._taken:
            raise FeedError(Message(N_("The source gives the same page again and again.")))
        self._taken.add(digest)
