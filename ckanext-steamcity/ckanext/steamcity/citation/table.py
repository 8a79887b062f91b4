"""The table of a version in the DataStore: filled from the clean CSV, described, handed to a role nobody logs in as.

It is another database, so it cannot join the commit that publishes. It runs before that commit and may run again: an
unfinished publication leaves a table that only those see who see the draft, and the next attempt uses or replaces it.
This plugin only.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import psycopg2
import sqlalchemy as sa
from ckanext.datastore.backend import postgres
from ckanext.steamcity import blobs
from ckanext.steamcity.copying import Parts
from sqlalchemy.exc import DBAPIError

from .words import SearchWords

OWNER = "datastore_owner"
_ROWS = 1_000  # on their way at once; more are slower, for a processor keeps few things at hand
# Table Schema → PostgreSQL, as the protocols' data dictionary has it. Times are UTC without a zone, as CKAN's are.
_TYPES = {
    "integer": "int8", "number": "numeric", "boolean": "bool", "date": "date", "time": "time", "datetime": "timestamp",
    "string": "text", "year": "int4",
}  # fmt: skip


class TableRefusedError(Exception):
    """The DataStore did not take the table; the reason is for the log."""


def fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The DataStore's fields of a Table Schema, with the data dictionary."""
    return [
        {
            "id": field["name"],
            "type": _TYPES.get(field.get("type", "string"), "text"),
            "info": {
                "label": field.get("title") or field["name"],
                "notes": field.get("description") or "",
                "unit": field.get("unitSymbol") or field.get("unit") or "",
                "unit_code": field.get("unit") or "",
                "property": (field.get("rdfType") or "").rsplit("/", 1)[-1],
            },
        }
        for field in schema.get("fields", [])
    ]


def freeze(resource_id: str, sha256: str, schema: dict[str, Any]) -> None:
    """Make the frozen table of a resource, in one transaction; nothing to do when it is there with the same content."""
    mark = json.dumps({"sha256": sha256, "fields": fields(schema)}, sort_keys=True)
    engine = postgres.get_write_engine()
    postgres._cache_types(engine)
    try:
        with engine.begin() as connection:
            owner, comment = _state(connection, resource_id)
            if owner == OWNER and comment == mark:
                return
            if owner == OWNER:
                connection.execute(sa.select(sa.func.steamcity_datastore_release(resource_id)))
            if owner is not None:
                # With what was hung on it: an alias is a view.
                connection.execute(sa.text(f"drop table {_quoted(resource_id)} cascade"))
            _create(connection, resource_id, schema)
            _fill(connection, resource_id, blobs.path(sha256), schema)
            _index(connection, resource_id)
            postgres.create_indexes({"connection": connection}, {"resource_id": resource_id})  # type: ignore
            connection.execute(sa.text(f"analyze {_quoted(resource_id)}"))
            connection.execute(sa.select(sa.func.update_cached_table_row_count(resource_id)))
            # COMMENT takes no bound value.
            comment_sql = f"comment on table {_quoted(resource_id)} is {postgres.literal_string(mark)}"
            connection.execute(sa.text(comment_sql.replace(":", r"\:")))
            connection.execute(sa.select(sa.func.steamcity_datastore_freeze(resource_id)))
    except (DBAPIError, psycopg2.Error, tk.ValidationError, tk.NotAuthorized) as error:
        raise TableRefusedError(str(error)) from error


def is_frozen(resource_id: str) -> bool:
    """Whether the resource has a table that nobody can change."""
    with postgres.get_write_engine().connect() as connection:
        return _state(connection, resource_id)[0] == OWNER


def frozen_tables() -> list[str]:
    """Resource ids of all frozen tables."""
    query = sa.text("select relname from pg_class where relkind = 'r' and relowner = cast(:owner as regrole)")
    with postgres.get_write_engine().connect() as connection:
        return list(connection.execute(query, {"owner": OWNER}).scalars())


def remove(resource_id: str) -> None:
    """Take a frozen table away: of a publication that was never finished."""
    with postgres.get_write_engine().begin() as connection:
        connection.execute(sa.select(sa.func.steamcity_datastore_release(resource_id)))
        connection.execute(sa.text(f"drop table {_quoted(resource_id)}"))


def _state(connection: sa.Connection, resource_id: str) -> tuple[str | None, str | None]:
    """Owner and comment of the resource's table; None and None when there is none."""
    query = sa.text(
        "select pg_get_userbyid(relowner), obj_description(oid, 'pg_class') from pg_class"
        " where relname = :name and relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    found = connection.execute(query, {"name": resource_id}).first()
    return (found[0], found[1]) if found else (None, None)


def _create(connection: sa.Connection, resource_id: str, schema: dict[str, Any]) -> None:
    wanted = {"resource_id": resource_id, "fields": fields(schema)}
    postgres.create_table({"connection": connection}, wanted, {})  # type: ignore[arg-type]  # only the connection is read


def _fill(connection: sa.Connection, resource_id: str, path: Path, schema: dict[str, Any]) -> None:
    """Rows and the words CKAN's search looks through, in one stream; the indexes are built when all rows are there.

    CKAN's trigger makes the words of the rows that are left to it. It is put on last, as on every table of the
    DataStore.
    """
    described = fields(schema)
    names = [field["id"] for field in described]
    table, columns = _quoted(resource_id), ", ".join(_quoted(name) for name in names)
    key = _quoted(f"{resource_id}_pkey")
    connection.execute(sa.text(f"alter table {table} drop constraint {key}"))
    with path.open(encoding="utf-8-sig", newline="") as file, postgres.get_write_engine().connect() as other:
        header = next(csv.reader([file.readline()]), [])
        if header != names:
            raise tk.ValidationError({"files": [tk._("The table and its description name different columns.")]})
        lines = _Lines(file, SearchWords(other, [field["type"] for field in described]), len(names))
        raw: Any = connection.connection
        with raw.cursor() as cursor:
            # The table is as old as this transaction: no row of it needs to be looked at again to be known as visible.
            cursor.copy_expert(
                f"copy {table} ({columns}, _full_text) from stdin with (format csv, freeze)", Parts(lines)
            )
    connection.execute(sa.text("set local maintenance_work_mem = '128MB'"))
    connection.execute(sa.text(f"alter table {table} add constraint {key} primary key (_id)"))
    postgres._create_fulltext_trigger(connection, resource_id)
    if lines.left:
        connection.execute(sa.text(f"update {table} set _full_text = null where _full_text is null"))  # noqa: S608


class _Lines:
    """A CSV file in parts, each row with its search words behind it; what stands in the file is not touched."""

    def __init__(self, file: Iterator[str], words: SearchWords, width: int) -> None:
        self.left = False
        self._file, self._words, self._width = file, words, width

    def __iter__(self) -> Iterator[str]:
        while lines := list(islice(self._file, _ROWS)):
            lines, rows = _rows(lines, self._file)
            if any(len(cells) != self._width for cells in rows):
                raise tk.ValidationError({"files": [tk._("The table and its description name different columns.")]})
            words = self._words.of(list(zip(*rows, strict=True)))
            self.left = self.left or None in words
            yield "".join(
                f"{line},\n" if text is None else f'{line},"{text}"\n' for line, text in zip(lines, words, strict=True)
            )


def _rows(lines: list[str], more: Iterator[str]) -> tuple[list[str], list[list[str]]]:
    """Each row as it is written, without its end, and its cells; with as many more lines as its last row needs."""
    quotes = sum(line.count('"') for line in lines)
    if not quotes:
        lines = [line.rstrip("\r\n") for line in lines]
        return lines, [line.split(",") for line in lines]
    while quotes % 2 and (line := next(more, "")):
        lines.append(line)
        quotes += line.count('"')
    reader = csv.reader(lines)
    rows, ends = [], [0]
    for cells in reader:
        rows.append(cells)
        ends.append(reader.line_num)
    return ["".join(lines[a:b]).rstrip("\r\n") for a, b in pairwise(ends)], rows


def _index(connection: sa.Connection, resource_id: str) -> None:
    """CKAN's index of the search words under CKAN's name, but GIN: built in bulk, and made for what never changes."""
    name = postgres._generate_index_name(resource_id, _quoted("_full_text"))
    connection.execute(sa.text(f"create index {_quoted(name)} on {_quoted(resource_id)} using gin (_full_text)"))


def _quoted(name: str) -> str:
    return postgres.identifier(name)
