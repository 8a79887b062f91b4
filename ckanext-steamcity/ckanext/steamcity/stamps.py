"""Moments as this portal writes them (pure). For the frame and every feature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def stamp(moment: datetime) -> str: ...
@overload
def stamp(moment: None) -> None: ...
@overload
def stamp(moment: datetime | None) -> str | None: ...
def stamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, with seconds (and a fraction only when there is one); None for no moment."""
    return None if moment is None else moment.astimezone(UTC).isoformat()[: -len("+00:00")] + "Z"
