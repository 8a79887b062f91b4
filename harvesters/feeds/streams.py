"""Which datastream of a sensor a reading belongs to, when its title, unit or type is edited at the source (pure).

The source keeps its id and says nothing of the edit, so what each sensor was called is noted from run to run (never a
word of the source: titles and types by the names of our own lists). What is called otherwise is another channel, and
so another datastream; it begins after the newest reading that is stored, or the hours that are asked for twice would be
stored twice. Edited back, the former datastream goes on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .base import Known
from .quantities import Quantity

#: Stands in the notes of a feed that may have run before it had any.
OLDER = "older"


def channel(notes: dict[str, Any], sensor: str, kind: str, measured: Quantity, former_kind: str | None = None) -> str:
    """The channel of a sensor as it is described now. ``former_kind``: what its type was called in the tables of a feed
    that is older than its notes."""
    said = [measured.name, measured.source_unit, kind]
    known = notes.setdefault("streams", {}).setdefault(sensor, {"had": []})
    had: list[list[str]] = known["had"]
    for number, (*former, called) in enumerate(had):
        if former == said:
            if known["now"] != number:
                known |= {"now": number, "edited": True}
            return called
    called = _new(measured, [one[-1] for one in had])
    renamed = bool(notes.get(OLDER)) and former_kind not in (None, kind)
    known |= {"now": len(had), "edited": bool(had) or renamed}
    had.append([*said, called])
    return called


def begins(notes: dict[str, Any], sensor: str, known: Known) -> datetime | None:
    """The moment after which the readings of this sensor are those of its present datastream; None for all."""
    noted = notes["streams"][sensor]
    if noted.pop("edited", False):
        newest = known.newest.get(sensor)
        noted["after"] = min(newest, known.now).isoformat() if newest else None
    return datetime.fromisoformat(noted["after"]) if noted.get("after") else None


def _new(measured: Quantity, taken: list[str]) -> str:
    """The plain name for the first; further ones say the title, or are numbered."""
    names = [measured.channel, f"{measured.channel}~{measured.name}"]
    names += [f"{names[1]}~{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)
