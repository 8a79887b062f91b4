"""The table that is published: template order, typed, UTC, one flag per row. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, overload

from . import tableschema
from .model import FLAG_COLUMN, Column, Protocol
from .quality import QualitySummary
from .times import iso, to_datetime
from .values import plain

_CHUNK = 10_000


class Rows(Sequence[dict[str, Any]]):
    """Rows as dicts, made when they are looked at: a million of them need not exist at once."""

    def __init__(self, names: list[str], columns: list[list[Any]], moments: set[int]) -> None:
        self._names, self._columns, self._moments = names, columns, moments

    def __len__(self) -> int:
        return len(self._columns[0]) if self._columns else 0

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return {
            name: to_datetime(column[index]) if k in self._moments and column[index] is not None else column[index]
            for k, (name, column) in enumerate(zip(self._names, self._columns, strict=True))
        }

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class LeftOut:
    """What of the answers of people is not in the table: groups of fewer than ``minimum``, groups ``protecting`` them
    from being worked out, the answers in both, and single shares in groups that are published. For those who gave the
    file, never for the public."""

    minimum: int
    small: int
    protecting: int
    answers: int
    all_answers: int
    shares: int


@dataclass
class CleanTable:
    """``columns`` are the published ones in order (an aggregate has other columns than its template), without the
    flag. The period is told in days of the place, while times in the table are UTC."""

    protocol: Protocol
    columns: list[Column]
    data: dict[str, list[Any]] = field(repr=False)
    flags: list[int] = field(repr=False)
    quality: QualitySummary
    period_start: date | None = None
    period_end: date | None = None
    left_out: LeftOut | None = None

    @property
    def suppressed_groups(self) -> int:
        """Groups of answers that are not in the table."""
        return self.left_out.small + self.left_out.protecting if self.left_out else 0

    def __post_init__(self) -> None:
        if not self.quality.counted and not self.protocol.aggregate:
            self.quality = self.quality.with_values(self._required())

    def _required(self) -> list[list[Any]]:
        asked = (column for column in self.columns if column.required and column.role not in ("time", "place"))
        return [self.data[column.name] for column in asked if column.name in self.data]

    @property
    def names(self) -> list[str]:
        return [*(column.name for column in self.columns), FLAG_COLUMN]

    @cached_property
    def rows(self) -> Rows:
        columns = [*(self.data[column.name] for column in self.columns), self.flags]
        return Rows(self.names, columns, {k for k, column in enumerate(self.columns) if column.type == "datetime"})

    def to_csv(self) -> bytes:
        """UTF-8, commas, LF, ISO 8601 in UTC, decimal points."""
        out = io.BytesIO()
        text = io.TextIOWrapper(out, "utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.names)
        for start in range(0, len(self.flags), _CHUNK):  # a million rows are not held as texts at once
            part = slice(start, start + _CHUNK)
            written = [_written(self.data[column.name][part], column.type) for column in self.columns]
            writer.writerows(zip(*written, self.flags[part], strict=True))
        text.flush()
        return out.getvalue()

    def table_schema(self, language: str = "en") -> dict[str, Any]:
        return tableschema.table_schema(self.protocol, self.columns, language)

    def datastore_fields(self, language: str = "en") -> list[dict[str, Any]]:
        return tableschema.datastore_fields(self.columns, language)

    def to_dict(self, preview: int = 20) -> dict[str, Any]:
        """JSON-safe: names, the first rows as in the CSV, quality, period."""
        written = [_written(self.data[column.name][:preview], column.type) for column in self.columns]
        return {
            "columns": self.names,
            "rows": len(self.flags),
            "preview": [list(row) for row in zip(*written, self.flags[:preview], strict=True)],
            "quality": self.quality.to_dict(),
            "period_start": self.period_start and self.period_start.isoformat(),
            "period_end": self.period_end and self.period_end.isoformat(),
            "suppressed_groups": self.suppressed_groups,
            "left_out": asdict(self.left_out) if self.left_out else None,
        }


def _written(values: list[Any], kind: str) -> list[str]:
    if kind == "datetime":
        return ["" if value is None else iso(value) for value in values]
    if kind == "boolean":
        return ["" if value is None else "true" if value else "false" for value in values]
    if kind in ("number", "integer"):
        written = {value: plain(value) for value in set(values)}
        return [written[value] for value in values]
    return ["" if value is None else value.isoformat() if isinstance(value, date) else value for value in values]
