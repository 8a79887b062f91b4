"""Long answers take turns: so many at a time in each process, so that nobody's questions take all its threads.

For the frame and every feature. A short answer is soon done, so who comes later waits a moment; where all turns are
held by long ones, the refusal comes at once, because waiting would hold a thread too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ckanext.steamcity.messages import N_

#: What somebody is told for whom there is none.
BUSY = N_("Many people are asking just now. Try again in a few seconds.")
#: Seconds somebody waits for a turn; seconds after which a turn that is held is a long one.
_PATIENCE = 1.0


class NoTurn(Exception):  # noqa: N818  says what happened
    """Too many long answers are being made: come back in a moment."""


class Turns:
    """``most`` says how many there are, each time somebody asks."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._held: dict[object, float] = {}
        self._given_back = threading.Condition()

    def take(self) -> Callable[[], None]:
        """A turn; the answer gives it back, and may be called twice. Raises NoTurn."""
        until, mine = time.monotonic() + _PATIENCE, object()
        with self._given_back:
            while len(self._held) >= max(self._most(), 1):
                now = time.monotonic()
                if now >= until or min(now - since for since in self._held.values()) > _PATIENCE:
                    raise NoTurn
                self._given_back.wait(until - now)
            self._held[mine] = time.monotonic()
        return lambda: self._give_back(mine)

    def _give_back(self, mine: object) -> None:
        with self._given_back:
            self._held.pop(mine, None)
            self._given_back.notify()

    @contextmanager
    def turn(self) -> Iterator[None]:
        give_back = self.take()
        try:
            yield
        finally:
            give_back()
