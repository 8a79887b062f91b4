"""What a profile makes of a body before anybody has decided what becomes of it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple


class Uplink(NamedTuple):
    """By what an uplink is known again: its session and counter. ``message``: which one of its body it is."""

    session: str
    counter: int
    message: int = 0


@dataclass(frozen=True)
class Entry:
    """One value as it was sent. ``time``: None when the sender gave none; ``bad``: why it cannot be taken at all.
    ``sensor`` tells sensors of one device apart; ``uplink`` is the same for all that arrived together."""

    device: str = ""
    sensor: str = ""
    titles: tuple[str, ...] = ()
    unit: str = ""
    value: object = None
    time: datetime | None = None
    place: tuple[float, float] | None = None
    time_source: str = "device"
    uplink: Uplink | None = None
    bad: str = ""


@dataclass(frozen=True)
class Body:
    """What was sent, with what of its envelope matters. ``zone``, ``order``: of times that don't say theirs; ``start``:
    when a logger was started that counts from there."""

    data: bytes
    device: str = ""
    zone: str = ""
    mapping: Mapping[str, Any] | None = None
    start: datetime | None = None
    order: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
