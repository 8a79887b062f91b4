"""Which datastream of a sensor a reading belongs to, when its title, unit or type is edited at the source (pure).

The source keeps its id and says nothing of the edit, so what each sensor was called is noted from run to run (never a
word of the source: titles and types by the names of our own lists). What is called otherwise is another channel, and
so another datastream; it begins after the newest reading that is stored, or the hours that are asked for twice would be
stored twice. Edited back, the former datastream goes on. What comes late of the hours before an edit is the former's.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from .base import Known
from .quantities import Quantity, quantity

#: Stands in the notes of a feed that may have run before it had any.
OLDER = "older"
#: Stands there once a sensor was forgotten: one that is not known may have been.
FORGOTTEN = "forgotten"
#: A sensor with readings that its source names no more is remembered so long.
REMEMBERED = timedelta(days=90)
#: Edits of a sensor within hours after which late readings are still told apart.
_MOST_FORMERS = 5


class Former(NamedTuple):
    """A datastream that has ended, and between which moments late readings are still its own."""

    channel: str
    kind: str
    measured: Quantity
    begin: datetime
    until: datetime


def channel(notes: dict[str, Any], sensor: str, kind: str, measured: Quantity, former_kind: str | None = None) -> str:
    """The channel of a sensor as it is described now. ``former_kind``: what its type was called in the tables of a feed
    that is older than its notes."""
    said = [measured.name, measured.source_unit, kind]
    known = notes.setdefault("streams", {}).setdefault(sensor, {"had": []})
    had: list[list[str]] = known["had"]
    for number, (*former, called) in enumerate(had):
        if former == said:
            if known["now"] != number:
                known |= _edited(known, number)
            return called
    called = _new(measured, [one[-1] for one in had])
    renamed = bool(notes.get(OLDER)) and former_kind not in (None, kind)
    known |= _edited(known, len(had)) if had else {"now": 0, "edited": renamed or bool(notes.get(FORGOTTEN))}
    had.append([*said, called])
    return called


def begins(notes: dict[str, Any], sensor: str, known: Known) -> datetime | None:
    """The moment after which the readings of this sensor are those of its present datastream; None for all."""
    noted = notes["streams"][sensor]
    if noted.pop("edited", False):
        newest = known.newest.get(sensor)
        after = min(newest, known.now).isoformat() if newest else None
        if after and "was" in noted:
            ended = {"stream": noted["was"], "after": noted.get("after"), "until": after}
            noted["former"] = [*noted.get("former", []), ended][-_MOST_FORMERS:]
        noted["after"] = after
        noted.pop("was", None)
    return datetime.fromisoformat(noted["after"]) if noted.get("after") else None


def formers(notes: dict[str, Any], sensor: str, known: Known) -> list[Former]:
    """The datastreams of this sensor that ended within the hours that are asked for again; of older ones nothing more
    is expected."""
    noted, since = notes["streams"][sensor], known.since(sensor)
    former = noted.pop("former", [])
    if since is None:
        return []
    kept = [one for one in former if datetime.fromisoformat(one["until"]) > since]
    if kept:
        noted["former"] = kept
    found = []
    for one in kept:
        name, unit, kind, channel = noted["had"][one["stream"]]
        begin = max(datetime.fromisoformat(one["after"]), since) if one["after"] else since
        if measured := quantity((name,), (unit,)):
            found.append(Former(channel, kind, measured, begin, datetime.fromisoformat(one["until"])))
    return found


def _edited(known: dict[str, Any], number: int) -> dict[str, Any]:
    """Another datastream is the present one; the one that was is remembered, until that is begun."""
    waits = known.get("edited") and "was" in known
    return {"now": number, "edited": True, "was": known["was"] if waits else known["now"]}


def prune(notes: dict[str, Any], known: Known, present: set[str]) -> None:
    """Forget the sensors that a source which has named all it has (``present``) does not name any more: at once where
    nothing of theirs is stored, else after a time. Those that were edited are remembered for ever: nothing else tells
    which of their datastreams is which."""
    today = known.now.date()
    for sensor, noted in list(notes.get("streams", {}).items()):
        if sensor in present:
            noted.pop("absent", None)
            continue
        absent = today - date.fromisoformat(noted.setdefault("absent", today.isoformat()))
        if len(noted["had"]) == 1 and (sensor not in known.newest or absent > REMEMBERED):
            del notes["streams"][sensor]
            notes[FORGOTTEN] = True


def _new(measured: Quantity, taken: list[str]) -> str:
    """The plain name for the first; further ones say the title, or are numbered."""
    names = [measured.channel, f"{measured.channel}~{measured.name}"]
    names += [f"{names[1]}~{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)
