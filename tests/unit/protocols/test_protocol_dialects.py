"""Any clean table of any protocol, in any dialect, reads back as the same table; and stays within its limits."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from typing import Any

import frictionless
import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.model import Column, Protocol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocol_files import NOW, enough
from workbook_files import ods, xlsx

LATER = NOW + timedelta(days=400)
BEGIN = datetime(2026, 3, 2, 7, 0)  # noqa: DTZ001  what a wall clock shows
DATES = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "day first": "%d.%m.%Y %H:%M:%S",
    "slashes": "%d/%m/%Y %H:%M",
    "T": "%Y-%m-%dT%H:%M:%SZ",
}
# What may be said of a table that somebody drew by chance: none of it changes a value.
KEEP = {
    "repeated_row": "keep", "duplicate_time": "keep", "out_of_range": "keep", "wrong_order": "keep",
    "wrong_sum": "keep", "mixed_units": "keep",
}  # fmt: skip


def numbers(column: Column) -> st.SearchStrategy[Any]:
    low = column.typical_minimum if column.typical_minimum is not None else column.minimum or 0
    high = column.typical_maximum if column.typical_maximum is not None else low + 100
    if column.type == "integer":
        return st.integers(int(low), int(high))
    return st.integers(int(low * 10), int(high * 10)).map(lambda tenth: tenth / 10)


def values(column: Column) -> st.SearchStrategy[Any]:
    if column.numeric:
        made = numbers(column)
    elif column.type == "category":
        made = st.sampled_from(column.choices)
    elif column.type == "boolean":
        made = st.booleans()
    elif column.type == "date":
        made = st.integers(0, 300).map(lambda days: BEGIN.date() + timedelta(days=days))
    else:
        made = st.sampled_from([str(example) for example in column.examples] or ["grey"])
    return made if column.required else st.none() | made


@st.composite
def tables(draw, protocol: Protocol) -> list[list[Any]]:
    """Typed rows, in the template's order of columns."""
    count = draw(st.integers(protocol.minimum_rows, protocol.minimum_rows + 6))
    rows = []
    for i in range(count):
        row = [
            BEGIN + timedelta(minutes=(protocol.interval_minutes or 15) * i) if column.type == "datetime"
            else draw(values(column))
            for column in protocol.columns
        ]  # fmt: skip
        rows.append(row)
    return rows


def as_text(value: Any, dates: str, decimal: str, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime(DATES[dates])
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.1f}".replace(".", decimal)
    return value.titles[language] if hasattr(value, "titles") else str(value)


def as_cell(value: Any, language: str) -> Any:
    return value.titles[language] if hasattr(value, "titles") else value


def read(data: bytes, protocol: Protocol) -> protocols.Report:
    hints = {"timezone": "UTC", "date_order": "dmy", "decisions": KEEP}
    return protocols.check_file(data, protocol, hints=hints, now=LATER)


def written(report: protocols.Report) -> bytes:
    assert report.clean is not None, [question.to_dict() for question in report.questions] + [
        finding.to_dict() for finding in report.findings if finding.open
    ]
    return report.clean.to_csv()


@pytest.mark.parametrize("slug", protocols.slugs())
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_clean_table_in_every_dialect_is_the_same_table(slug, data):
    protocol = protocols.load(slug)
    rows = data.draw(tables(protocol))
    if protocol.aggregate:
        rows = [row for row in rows for _ in range(30)]  # of answers a few are no group
    header = [column.name for column in protocol.columns]
    language = data.draw(st.sampled_from(protocols.LANGUAGES))
    titles = [column.titles[language] for column in protocol.columns]

    def text(separator: str, decimal: str, dates: str, names: list[str], newline: str = "\n") -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, lineterminator=newline)
        writer.writerow(names)
        writer.writerows([as_text(value, dates, decimal, language) for value in row] for row in rows)
        return out.getvalue()

    plain = read(text(",", ".", "T", header).encode(), protocol)
    expected = written(plain)
    separator = data.draw(st.sampled_from(",;\t|"))
    decimal = data.draw(st.sampled_from(".,"))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251" if language == "bg" else "utf-8"]))
    dates = data.draw(st.sampled_from(sorted(DATES)))
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    try:
        other = text(separator, decimal, dates, titles, newline).encode(encoding)
    except UnicodeEncodeError:  # a sign that this code page does not have
        other = text(separator, decimal, dates, titles, newline).encode()
    assert written(read(other, protocol)) == expected
    cells = [titles, *([as_cell(value, language) for value in row] for row in rows)]
    assert written(read(data.draw(st.sampled_from([xlsx, ods]))(cells), protocol)) == expected
    names = [column.name for column in protocol.columns]
    listed = [dict(zip(names, (as_text(v, "T", ".", language) for v in row), strict=True)) for row in rows]
    assert written(read(json.dumps(listed).encode(), protocol)) == expected


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_clean_table_of_any_protocol_in_any_text_dialect_is_the_same_table(data):
    protocol = protocols.load(data.draw(st.sampled_from(protocols.slugs())))
    rows = data.draw(tables(protocol))
    if protocol.aggregate:
        rows = [row for row in rows for _ in range(30)]
    language = data.draw(st.sampled_from(protocols.LANGUAGES))
    names = [column.titles[language] for column in protocol.columns]
    separator, decimal = data.draw(st.sampled_from(",;\t|")), data.draw(st.sampled_from(".,"))
    dates, newline = data.draw(st.sampled_from(sorted(DATES))), data.draw(st.sampled_from(["\n", "\r\n"]))

    def text(separator: str, decimal: str, dates: str, header: list[str]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, lineterminator=newline)
        writer.writerow(header)
        writer.writerows([as_text(value, dates, decimal, language) for value in row] for row in rows)
        return out.getvalue()

    expected = written(read(text(",", ".", "T", [column.name for column in protocol.columns]).encode(), protocol))
    other = text(separator, decimal, dates, names)
    encodings = [one for one in ENCODINGS if other.encode(one, "ignore").decode(one) == other]
    encoding = data.draw(st.sampled_from(encodings))
    assert written(read(other.encode(encoding), protocol)) == expected, (separator, decimal, dates, encoding)


@pytest.mark.parametrize("slug", protocols.slugs())
def test_frictionless_accepts_the_table_of_every_protocol(slug):
    protocol = protocols.load(slug)
    english, french = (enough(protocols.template_csv(protocol, language), protocol) for language in ("en", "fr"))
    template = list(csv.reader(io.StringIO(english.decode("utf-8-sig"))))
    for content in (xlsx(template), french):
        clean = read(content, protocol).clean
        schema = frictionless.Schema.from_descriptor(clean.table_schema("fr"))
        resource = frictionless.Resource(clean.to_csv(), format="csv", schema=schema)
        assert [error.note for task in frictionless.validate(resource).tasks for error in task.errors] == []


_MEASURED = """
import resource, sys, time
from datetime import datetime, timedelta
from ckanext.steamcity import protocols
rows = int(sys.argv[2])
begin = datetime(2021, 1, 1)
with open(sys.argv[1], "w") as out:
    out.write("time;co2;temperature;humidity\\n")
    for i in range(rows):
        out.write(f"{begin + timedelta(minutes=i)};{620 + i * 37 % 240};{20 + i % 17 / 10:.1f};{41 + i % 13 / 2}\\n")
protocol = protocols.load("co2-indoor")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    report = protocols.check_file(file, protocol, hints={"timezone": "UTC"})
assert report.ok and report.rows == rows, report.to_dict()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_a_long_file_is_checked_in_bounded_memory(tmp_path):
    """Measured in a process of its own; the bound is that of a million rows, 300 MB, cut to the rows used here."""
    rows = 250_000
    command = [sys.executable, "-c", _MEASURED, str(tmp_path / "long.csv"), str(rows)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 300 * rows / 1_000_000


def test_the_first_rows_are_shown_without_reading_the_rest(tmp_path):
    lines = [f"{BEGIN + timedelta(minutes=5 * i)};{620 + i * 37 % 240}" for i in range(50_000)]
    data = ("time;co2\n" + "\n".join(lines)).encode()
    protocol = protocols.load("co2-indoor")
    report = protocols.check_file(data, protocol, hints={"timezone": "UTC"}, now=LATER, first_rows=500)
    assert report.rows == 500
    assert report.to_dict()["partial"]
    assert not report.ok
    assert len(report.clean.to_dict(20)["preview"]) == 20
