"""The words CKAN searches a frozen table by: those of CKAN's own trigger, to the last place, however the rows look."""

from __future__ import annotations

import csv
import io
import random
import uuid

import pytest
import sqlalchemy as sa
from ckanext.datastore.backend.postgres import get_write_engine
from ckanext.steamcity import blobs
from ckanext.steamcity.citation import table

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")
KINDS = {
    "time": "datetime", "day": "date", "clock": "time", "co2": "integer", "heat": "number", "open": "boolean",
    "remark": "string", "place": "string", "quality_flag": "integer",
}  # fmt: skip
TRIGGER = r"select to_tsvector(string_agg(value, ' ')) from json_each_text(row_to_json(t.*)) where key !~ '^_'"
TEXTS = (
    "", "on", "the", "The end of the", "<b", "a > b", "<!-- x", "l'eau", "back\\slash", '"quoted", with comma',
    "two\nlines", "foo-bar-baz", "http://example.org/a?b=c", "me@example.org", "&amp", "/usr/lib", "Дъжд и сняг", "éàü",
    "0", "-", "1e5", "3.4.5", "x" * 300, "0 " * 400, "NULL", "'", "a:1", "😀",
)  # fmt: skip


def frozen(rows: list[dict[str, str]]) -> str:
    """Freeze a table of these rows; its name."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(KINDS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    name = str(uuid.uuid4())
    schema = {"fields": [{"name": column, "type": kind} for column, kind in KINDS.items()]}
    table.freeze(name, blobs.put(out.getvalue().encode())[0], schema)
    return name


def some_rows(count: int) -> list[dict[str, str]]:
    chance = random.Random(4)  # noqa: S311  no secret
    return [
        {
            "time": f"20{chance.randint(10, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            f"T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
            f"{chance.choice(('', '', '.5', '.120', '.001'))}Z",
            "day": chance.choice(("", "2026-03-02")),
            "clock": chance.choice(("", "07:05:00", "23:59:59.25")),
            "co2": chance.choice(("", "-5", "0", str(chance.randint(300, 5000)))),
            "heat": chance.choice(("", "-0.5", "20.10", "1e3", str(chance.random() * 100))),
            "open": chance.choice(("", "true", "false")),
            "remark": chance.choice(TEXTS),
            "place": chance.choice(TEXTS),
            "quality_flag": chance.choice(("1", "3", "9")),
        }
        for _ in range(count)
    ]


def read(name: str) -> list[sa.Row]:
    with get_write_engine().connect() as connection:
        return list(connection.execute(sa.text(f'select _full_text, ({TRIGGER}), t.* from "{name}" t order by _id')))


def test_words_are_those_of_ckan_in_any_row():
    """Stop words count as places, tags reach into the next cell, long texts are left to the trigger."""
    rows = [*some_rows(3_000), dict.fromkeys(KINDS, "")]
    found = read(frozen(rows))
    assert [row for row in found if row[0] != row[1]] == []
    assert found[-1][0] is None
    assert [row.remark or "" for row in found] == [row["remark"] for row in rows]
    assert [row._id for row in found] == list(range(1, len(rows) + 1))


def test_more_different_cells_than_are_remembered(monkeypatch):
    monkeypatch.setattr("ckanext.steamcity.citation.words._MOST", 50)
    monkeypatch.setattr(table, "_ROWS", 7)
    assert [row for row in read(frozen(some_rows(200))) if row[0] != row[1]] == []


def test_a_row_of_another_width_is_refused():
    sha256, _size = blobs.put(b"time,co2\n2026-03-02T07:05:00Z\n")
    schema = {"fields": [{"name": "time", "type": "datetime"}, {"name": "co2", "type": "integer"}]}
    name = str(uuid.uuid4())
    with pytest.raises(table.TableRefusedError):
        table.freeze(name, sha256, schema)
    assert not table.is_frozen(name)
