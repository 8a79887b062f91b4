"""The limits a series is judged by (pure; imported through ``ckanext.steamcity.quality``).

Limits by observed property stand in ``schemas/quality_limits.yaml``. ``sensors/`` runs the same tests in SQL,
which must agree; that is why every test looks only a bounded way back and ahead (see ``REFLAG_WINDOW``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

#: A late or changed value can alter flags no further away than this; so flat_hours + gap_minutes stay below it.
REFLAG_WINDOW = timedelta(hours=12)
#: And further back it alters flags only of neighbours, which are never further away than this.
LONGEST_GAP = timedelta(hours=3)


@dataclass(frozen=True)
class Limits:
    """Every limit may be absent: its test is then not made."""

    gross_minimum: float | None = None
    gross_maximum: float | None = None
    typical_minimum: float | None = None
    typical_maximum: float | None = None
    spike: float | None = None
    rate_per_hour: float | None = None
    flat_hours: float | None = None
    saturation: float | None = None
    gap_minutes: float | None = None
    earliest: datetime | None = None
    latest: datetime | None = None

    def __post_init__(self) -> None:
        gap = timedelta(minutes=self.gap_minutes or 0)
        reach = timedelta(hours=self.flat_hours or 0) + gap
        if reach > REFLAG_WINDOW:
            raise ValueError(f"flat_hours and gap_minutes reach {reach}, further than {REFLAG_WINDOW}")
        if gap > LONGEST_GAP:
            raise ValueError(f"gap_minutes reach {gap}, further than {LONGEST_GAP}")

    @property
    def empty(self) -> bool:
        return all(getattr(self, field.name) is None for field in fields(self))


def limits_of(table: dict[str, Any]) -> Limits:
    """Limits from a mapping; unknown keys are an error, because a misspelt limit would silently test nothing."""
    return Limits(**table)


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files("ckanext.steamcity.schemas").joinpath("quality_limits.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["limits"]


def limits_for(observed_property: str) -> Limits:
    """The limits of an observed property; empty limits (nothing evaluated) for one without an entry."""
    return limits_of(_table().get(observed_property, {}))
