"""The protocol template as objects, read-only. Pure: everybody may import it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

LANGUAGES = ("en", "fr", "it", "es", "bg")
Text = dict[str, str]

# QARTOD codes, and how bad each is: a row carries the worst of its tests.
GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
WORSE = {GOOD: 0, NOT_EVALUATED: 1, MISSING: 2, SUSPECT: 3, FAIL: 4}
FLAG_COLUMN = "quality_flag"


def words(text: Text, language: str) -> str:
    """The text in a language, English when the language is not one of ours."""
    return text.get(language) or text["en"]


@dataclass(frozen=True)
class Choice:
    value: str
    titles: Text
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    titles: Text
    descriptions: Text
    unit: str | None = None
    property: str | None = None
    required: bool = False
    role: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    typical_minimum: float | None = None
    typical_maximum: float | None = None
    precision: float | None = None
    frozen_rows: int | None = None
    spike: float | None = None
    choices: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    source_units: tuple[str, ...] = ()

    @builtins.property  # ``property`` is a field here
    def numeric(self) -> bool:
        return self.type in ("number", "integer")


@dataclass(frozen=True)
class Chart:
    kind: str
    x: str
    y: tuple[str, ...]
    titles: Text
    group: str | None = None
    summary: str = "mean"


@dataclass(frozen=True)
class ReferenceLine:
    column: str
    value: float
    titles: Text
    source: dict[str, Any]


@dataclass(frozen=True)
class Aggregate:
    group_by: tuple[str, ...]
    minimum_group: int


@dataclass(frozen=True)
class Cluster:
    id: str
    number: int
    titles: Text
    colour: str
    icon: str
    leaders: tuple[str, ...]


@dataclass(frozen=True)
class Protocol:
    slug: str
    titles: Text
    alt_titles: tuple[str, ...]
    summary: Text
    clusters: tuple[str, ...]
    level: str
    shape: str
    privacy: str
    place_setting: str
    skills: tuple[str, ...]
    subjects: tuple[str, ...]
    materials: tuple[dict[str, Any], ...]
    interval_minutes: float | None
    aggregate: Aggregate | None
    columns: tuple[Column, ...]
    checks: tuple[dict[str, Any], ...]
    charts: tuple[Chart, ...]
    reference_lines: tuple[ReferenceLine, ...]
    age: Text | None
    duration: Text | None
    caveats: Text
    digest: str
    minimum_rows: int = 10
    other_shapes: tuple[str, ...] = ()
    other_settings: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def time_column(self) -> Column | None:
        return next((column for column in self.columns if column.role == "time"), None)

    @cached_property
    def media_column(self) -> Column | None:
        """The column that names a picture of each row."""
        return next((column for column in self.columns if column.type == "media"), None)

    def references(self, names: Iterable[str]) -> list[ReferenceLine]:
        """The reference lines of these columns."""
        wanted = frozenset(names)
        return [line for line in self.reference_lines if line.column in wanted]

    @cached_property
    def value_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role == "value")

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """Where it may be carried out; a class is asked when there are several."""
        return (self.place_setting, *self.other_settings)

    def at(self, setting: str | None) -> Protocol:
        """The protocol as it is carried out in one of its settings; itself where the setting is none of them."""
        if setting not in self.settings or setting == self.place_setting:
            return self
        others = tuple(one for one in self.settings if one != setting)
        return replace(self, place_setting=setting, other_settings=others)

    @cached_property
    def reveals_rows(self) -> bool:
        """Whether a report may quote cells: not where people answered, and not where each row has an exact place."""
        placed = self.shape == "points" or any(c.role == "place" and c.numeric for c in self.columns)
        return not (placed or self.aggregate or self.privacy in ("P2", "P3"))

    def title(self, language: str = "en") -> str:
        return words(self.titles, language)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe: the template as written, with its digest."""
        return {**self.data, "digest": self.digest}
