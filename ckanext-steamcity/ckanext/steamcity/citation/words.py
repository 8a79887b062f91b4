"""The words CKAN's search looks through in each row of a table, made without reading every row's text anew.

CKAN's trigger joins the cells of a row and lets PostgreSQL take them apart, row by row: for a long table that is more
than all the rest. Here PostgreSQL takes every different cell apart once; what stands in a row follows from its cells.
This plugin only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

# A moment is a day and a time of day: few different ones of each, while the moments of a table are all different.
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK = re.compile(r"T\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_MOST = 50_000  # different cells of a column that are remembered
_LONG = 200  # PostgreSQL keeps 255 places of a word at most; a cell this short cannot come near

_Places = int | list[int]  # the next place in each row; one number while all rows have the same


class SearchWords:
    """The words of rows, as a ``tsvector`` is written in a quoted cell of a CSV file.

    ``connection`` is another one than that which loads the table: it is asked while rows are on their way.
    """

    def __init__(self, connection: sa.Connection, types: Sequence[str]) -> None:
        kinds = [("day", "clock") if kind == "timestamp" else (kind,) for kind in types]
        self._columns = [[_Part(connection, part) for part in parts] for parts in kinds]

    def of(self, columns: Sequence[Sequence[str]]) -> list[str | None]:
        """The words of each row of cells that are given column by column; None where CKAN's trigger has to make them:
        of rows with nothing in them, and of rows with a cell that does not stand for itself."""
        written: list[list[str]] = []
        places: _Places = 1
        apart: set[int] = set()
        for parts, column in zip(self._columns, columns, strict=True):
            halves = len(parts) > 1
            pieces = [[cell[:10] for cell in column], [cell[10:] for cell in column]] if halves else [column]
            for part, cells in zip(parts, pieces, strict=True):
                texts, places = part.words(cells, places, apart)
                if texts is not None:
                    written.append(texts)
        rows = len(columns[0])
        words: list[str | None] = list(map(" ".join, zip(*written, strict=True))) if written else [None] * rows
        if all("" in column for column in columns):
            apart.update(i for i, cells in enumerate(zip(*columns, strict=True)) if not any(cells))
        for i in apart:
            words[i] = None
        return words


class _Part:
    """One column, or the days or the times of day of one."""

    def __init__(self, connection: sa.Connection, kind: str) -> None:
        self._connection = connection
        self._kind = kind
        value = {
            "day": "to_json(cast(cell as date)) #>> '{}'",
            "clock": "'T' || (to_json(cast(trim(cell, 'TZ') as time)) #>> '{}')",
        }.get(kind, f"to_json(cast(cell as {kind})) #>> '{{}}'")
        # The last word tells how many there are before it: words that are not kept, like “the”, count too.
        self._query = sa.text(
            "select cell, array_agg(lexeme order by place), array_agg(place order by place)"  # noqa: S608  our own words
            f" from unnest(cast(:cells as text[])) cell, unnest(to_tsvector({value} || ' 0')) word (lexeme, places, w),"
            " unnest(places) place group by cell"
        )
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, list[tuple[str, int]]] = {"": []}
        self._width: dict[str, int] = {"": 0}  # how many places a cell takes
        self._odd: set[str] = set()
        self._written: dict[int, dict[str, str]] = {}

    def words(self, cells: Sequence[str], places: _Places, apart: set[int]) -> tuple[list[str] | None, _Places]:
        """The words of each cell, where the first of them has its place in the row, and the places after them; rows
        with a cell that does not stand for itself are added to ``apart``."""
        different = set(cells)
        if different == {""}:
            return None, places
        new = different - self._known.keys()
        if new:
            self._learn(new, different)
        if self._odd and not self._odd.isdisjoint(different):
            apart.update(i for i, cell in enumerate(cells) if cell in self._odd)
        width = self._width
        if not isinstance(places, int):
            tables = {place: self._at(place, different) for place in set(places)}
            texts = [tables[place][cell] for place, cell in zip(places, cells, strict=True)]
            return texts, [place + width[cell] for place, cell in zip(places, cells, strict=True)]
        written = self._at(places, different)
        texts = [written[cell] for cell in cells]
        widths = {width[cell] for cell in different}
        if len(widths) == 1:
            return texts, places + widths.pop()
        return texts, [places + width[cell] for cell in cells]

    def _learn(self, new: set[str], different: set[str]) -> None:
        if len(self._known) > _MOST:
            self._forget()
            new = different - {""}
        odd = {cell for cell in new if not self._stands_alone(cell)}
        self._odd |= odd
        self._known |= {cell: [] for cell in odd}
        self._width |= dict.fromkeys(odd, 0)
        if new - odd:
            for cell, lexemes, places in self._connection.execute(self._query, {"cells": list(new - odd)}):
                pairs = zip(lexemes[:-1], places[:-1], strict=True)
                self._known[cell] = [(_quoted(lexeme), place) for lexeme, place in pairs]
                self._width[cell] = places[-1] - 1

    def _at(self, first: int, cells: set[str]) -> dict[str, str]:
        written = self._written.setdefault(first, {})
        for cell in cells - written.keys():
            written[cell] = " ".join(f"{lexeme}:{first + place - 1}" for lexeme, place in self._known[cell])
        return written

    def _stands_alone(self, cell: str) -> bool:
        """Whether the cell gives the same words wherever it stands: a `<` may begin a tag that ends in another cell."""
        if self._kind == "day":
            return _DAY.fullmatch(cell) is not None
        if self._kind == "clock":
            return _CLOCK.fullmatch(cell) is not None
        return self._kind != "text" or ("<" not in cell and len(cell) <= _LONG)


def _quoted(lexeme: str) -> str:
    """As a ``tsvector`` is written, inside a quoted cell of a CSV file."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''").replace('"', '""') + "'"
