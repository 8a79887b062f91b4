"""Stop early where hardly anything can be read: a file in which every second value is another riddle would keep a check
busy for minutes, to tell in the end what a few lines tell at once. Pure.

A class's file never comes here: what is wrong in it is told cell by cell. Nor do cells that repeat ("error" for a
month): these cost nothing, and can be left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random

from ..messages import N_
from .headers import Mapped, key
from .model import Column
from .source import Refused
from .times import Written, day_number, parse, relative
from .values import BAD, choice_table, is_missing, read_boolean, read_number

_ROWS = 10_000  # a look at so many rows at a time …
_SAMPLE = 500  # … is a look at so many of them
_MOST = 0.8  # different cells that cannot be read, of those in the sample
_AT_ALL = 50_000  # such cells in one column of the whole file


class Watch:
    """Looks at some rows of each part of a file while it is read."""

    def __init__(self, mapped: Iterable[Mapped]) -> None:
        self._columns = [(entry.column, reads) for entry in mapped if (reads := reader(entry.column))]
        self._looked = 0
        self._unreadable: Counter[str] = Counter()

    def look(self, raw: dict[str, list[str]], lines: Sequence[int]) -> None:
        """`raw` and `lines` as read so far. Raises Refused."""
        new = len(lines) - self._looked
        if new < _ROWS:
            return
        # By chance, yet the same each time: in steps it would be every one of the lines that come in steps.
        some = Random(self._looked).sample(range(self._looked, len(lines)), _SAMPLE)
        for column, reads in self._columns:
            cells = [raw[column.name][i] for i in some]
            different = {cell for cell in cells if not is_missing(cell)}
            share = sum(not reads(cell) for cell in different) / len(cells)
            self._unreadable[column.name] += round(share * new)
            if share > _MOST:
                text = N_("From line {row} on, hardly any value of “{title}” can be read.")
                raise _refused(text, lines[self._looked], column)
            if self._unreadable[column.name] > _AT_ALL:
                text = N_("Up to line {row}, tens of thousands of values of “{title}” cannot be read.")
                raise _refused(text, lines[-1], column)
        self._looked = len(lines)


def _refused(text: str, line: int, column: Column) -> Refused:
    advice = N_("Check that this is the right file, and that the values stand under the right names.")
    return Refused("unreadable_column", text, advice, line, row=line, title=column.titles)


def reader(column: Column) -> Callable[[str], bool] | None:
    """Whether a cell of this column can be read; None where any text can."""
    if column.numeric:
        return lambda cell: read_number(cell, column, ".") is not BAD
    if column.type in ("date", "datetime"):
        return _is_time
    if column.type == "category":
        words = choice_table(column)
        return lambda cell: key(cell) in words
    if column.type == "boolean":
        return lambda cell: read_boolean(cell) is not BAD
    return None


def _is_time(cell: str) -> bool:
    value = parse(cell)
    if isinstance(value, Written):
        return any(day_number(value, order) is not None for order in (value.order, "dmy", "mdy"))
    return value is not None or relative([cell]) is not None
