"""Which uplinks of LoRaWAN devices were taken already (pure).

A network sends an uplink again when it is asked again, and its storage gives a day's uplinks at once. The counter of a
session tells them apart, so what is kept of each device is small: the ranges of counters that came, of its last
sessions. It forgets nothing because other devices send much.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping

#: A device joins anew after a change of battery; ranges are as many as there were gaps.
_MOST_SESSIONS, _MOST_RANGES = 4, 64
Table = dict[str, dict[str, list[list[int]]]]


class Uplinks:
    """Device (a code) → session (a digest) → ranges of counters, both ends inside."""

    def __init__(self, table: Mapping[str, Mapping[str, list[list[int]]]] | None = None) -> None:
        self.table: Table = {
            device: {session: [list(span) for span in spans] for session, spans in sessions.items()}
            for device, sessions in (table or {}).items()
        }

    def holds(self, device: str, session: str, counter: int) -> bool:
        spans = self.table.get(device, {}).get(_digest(session), [])
        place = bisect_right(spans, counter, key=lambda span: span[0]) - 1
        return place >= 0 and counter <= spans[place][1]

    def add(self, device: str, session: str, counter: int) -> None:
        if self.holds(device, session, counter):
            return
        sessions = self.table.setdefault(device, {})
        spans = sessions.pop(_digest(session), [])  # the newest session stands last
        place = bisect_right(spans, counter, key=lambda span: span[0])
        spans.insert(place, [counter, counter])
        for left in (place, place - 1):
            if 0 <= left < len(spans) - 1 and spans[left][1] + 1 == spans[left + 1][0]:
                spans[left][1] = spans.pop(left + 1)[1]
        sessions[_digest(session)] = spans[-_MOST_RANGES:]
        while len(sessions) > _MOST_SESSIONS:
            del sessions[next(iter(sessions))]


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:12]
