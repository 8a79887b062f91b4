"""Columns whose values belong under another name: two names swapped, or all values one column beside theirs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import Any

from ..messages import N_, Message
from .findings import KEEP
from .headers import Mapped
from .mixed import bounds
from .table import Table
from .times import parse
from .values import BAD, is_missing

_SAMPLE = 2_000
_FEWEST = 6  # values that tell what stands in a column
_MOST = 0.8  # of the values must not belong where they stand, and belong where they would go
_COUNTED = (None, "1")  # numbers without a unit: any could stand under any name

Read = dict[str, dict[str, Any]]
Moves = list[tuple[Mapped, Mapped]]  # (where the values stand, where they belong)


def swapped_columns(table: Table, read: Read) -> bool:
    """Tell once that values stand under wrong names; then nothing else is said of these columns until it is decided."""
    columns = sorted((entry for entry in table.mapped if entry.column.name in read), key=lambda entry: entry.index)
    if _times_elsewhere(table, columns, read):
        return True
    columns = [entry for entry in columns if entry.column.unit not in _COUNTED]
    values = {entry.column.name: _sample(table, entry.column.name, read) for entry in columns}
    columns = [entry for entry in columns if len(values[entry.column.name]) >= _FEWEST]
    own = {entry.column.name: _share(values[entry.column.name], entry) for entry in columns}
    if len(columns) < 2 or min(own.values()) > 1 - _MOST:  # noqa: PLR2004
        return False  # most files: each column has values that can stand in it
    strange = {name for name, share in own.items() if share <= 1 - _MOST}
    found = [
        moves
        for moves in _moves(columns)
        if strange & _names(moves)
        and all(_share(values[stands.column.name], belongs) >= _MOST for stands, belongs in moves)
    ]
    # best is what explains all of them
    found.sort(key=lambda moves: len(strange - _names(moves)))
    return bool(found) and _tell(table, found[0], read)


def _names(moves: Moves) -> set[str]:
    return {stands.column.name for stands, _belongs in moves}


def _moves(columns: list[Mapped]) -> Iterator[Moves]:
    for a, b in combinations(columns, 2):
        yield [(a, b), (b, a)]
    if len(columns) > 2:  # noqa: PLR2004
        yield list(zip(columns, [columns[-1], *columns[:-1]], strict=True))
        yield list(zip(columns, [*columns[1:], columns[0]], strict=True))


def _sample(table: Table, name: str, read: Read) -> list[float]:
    raw = table.raw[name]
    found = (read[name].get(cell) for cell in raw[:: max(1, len(raw) // _SAMPLE)])
    return [value for value in found if value is not None and value is not BAD]


def _share(values: list[float], entry: Mapped) -> float:
    """How many of the values are where this quantity usually is."""
    low, high = bounds(entry.column)
    return sum(low <= value <= high for value in values) / len(values)


def _tell(table: Table, moves: Moves, read: Read) -> bool:
    stands, belongs = moves[0]
    params = {"column": table.headers[stands.column.name], "title": belongs.column.titles}
    if len(moves) == 2:  # noqa: PLR2004
        params |= {"header": table.headers[belongs.column.name], "other": stands.column.titles}
        text = N_("Two columns seem swapped: “{column}” has values like {title}, and “{header}” like {other}.")
    else:
        text = N_("The values seem to stand under the wrong names: “{column}” has values like {title}.")
    if _kept(table, Message(text, params), stands):
        return False
    for entry, _belongs in moves:
        read[entry.column.name] = dict.fromkeys(read[entry.column.name])
    return True


def _kept(table: Table, message: Message, stands: Mapped) -> bool:
    header = table.headers[stands.column.name]
    suggestion = Message(N_("Correct the names in your file or choose the right columns; keep them if they are right."))
    choice = table.log.add(
        "swapped_columns", "error", message, column=header, count=len(table), choices=[KEEP], suggestion=suggestion
    )
    return choice == KEEP


def _times_elsewhere(table: Table, columns: list[Mapped], read: Read) -> bool:
    """Times that stand under the name of a measurement, while the column of times has none."""
    time = table.protocol.time_column
    if time is None or time.name not in table.raw or _is_times(table.raw[time.name]):
        return False
    for entry in columns:
        found = read[entry.column.name]
        if found and all(value is BAD for value in found.values()) and _is_times(table.raw[entry.column.name]):
            text = N_("The values seem to stand under the wrong names: “{column}” has values like {title}.")
            message = Message(text, {"column": table.headers[entry.column.name], "title": time.titles})
            if _kept(table, message, entry):
                return False
            table.apart.update(range(len(table)))
            return True
    return False


def _is_times(cells: Iterable[str]) -> bool:
    some = [cell for cell in islice(cells, _FEWEST) if not is_missing(cell)]
    return bool(some) and sum(parse(cell) is not None for cell in some) * 2 > len(some)
