"""The table of a version in the DataStore: filled from the clean CSV, described, handed to a role nobody logs in as.

It is another database, so it cannot join the commit that publishes. It runs before that commit and may run again: an
unfinished publication leaves a table that only those see who see the draft, and the next attempt uses or replaces it.
This plugin only.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import psycopg2
import sqlalchemy as sa
from ckanext.datastore.backend import postgres
from ckanext.steamcity import blobs
from sqlalchemy.exc import DBAPIError

OWNER = "datastore_owner"
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
    """Rows and what CKAN's search looks through, each written once.

    CKAN's trigger makes the search words row by row and costs more than all the rest; here one statement makes the same
    ones, and the trigger comes after it, as on every table of the DataStore.
    """
    described = fields(schema)
    names = [field["id"] for field in described]
    table, columns = _quoted(resource_id), ", ".join(_quoted(name) for name in names)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader([file.readline()]), [])
        if header != names:
            raise tk.ValidationError({"files": [tk._("The table and its description name different columns.")]})
        connection.execute(sa.text("drop table if exists pg_temp.steamcity_load"))
        typed = ", ".join(f"{_quoted(field['id'])} {field['type']}" for field in described)
        connection.execute(sa.text(f"create temporary table steamcity_load ({typed}) on commit drop"))
        raw: Any = connection.connection
        with raw.cursor() as cursor:
            cursor.copy_expert(f"copy pg_temp.steamcity_load ({columns}) from stdin with (format csv)", file)
    words = ", ".join(_words(field) for field in described)
    fill = (
        f"insert into {table} ({columns}, _full_text)"  # noqa: S608  names are quoted, values are in the other table
        f" select {columns}, to_tsvector(nullif(concat_ws(' ', {words}), '')) from pg_temp.steamcity_load"
    )
    connection.execute(sa.text(fill.replace(":", r"\:")))
    postgres._create_fulltext_trigger(connection, resource_id)


def _words(field: dict[str, Any]) -> str:
    """A cell as text, as CKAN's trigger writes it: moments with a T, as in JSON."""
    text = f"cast({_quoted(field['id'])} as text)"
    return f"replace({text}, ' ', 'T')" if field["type"] == "timestamp" else text


def _index(connection: sa.Connection, resource_id: str) -> None:
    """CKAN's index of the search words under CKAN's name, but GIN: built in bulk, and made for what never changes."""
    name = postgres._generate_index_name(resource_id, _quoted("_full_text"))
    connection.execute(sa.text("set local maintenance_work_mem = '128MB'"))
    connection.execute(sa.text(f"create index {_quoted(name)} on {_quoted(resource_id)} using gin (_full_text)"))


def _quoted(name: str) -> str:
    return postgres.identifier(name)
