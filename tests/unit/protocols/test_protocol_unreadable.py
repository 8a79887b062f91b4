"""Files in which hardly anything can be read are refused after some lines; others are told cell by cell."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from ckanext.steamcity import protocols
from protocol_files import HEADER, NOW, START, csv_text

CO2 = protocols.load("co2-indoor")
SURVEY = next(one for one in map(protocols.load, protocols.slugs()) if not one.reveals_rows)
#: Cells of one row that nobody can read, by column; each row's are others.
RIDDLES = {
    "time": lambda i: f"2021-13-01 {i}",
    "co2": lambda i: f"x{i}",
    "temperature": lambda i: f"={i}",
}


def content(rows: int, column: str, riddle: object, every: int = 1) -> bytes:
    """A file of `rows` in which every so many cells of the column are a riddle."""
    place = HEADER.index(column)
    lines = [
        [f"{START + timedelta(seconds=i):%Y-%m-%d %H:%M:%S}", str(600 + i % 7), "20.1", "41.5"] for i in range(rows)
    ]
    for i in range(0, rows, every):
        lines[i][place] = riddle(i) if callable(riddle) else str(riddle)
    return csv_text(lines).encode()


def check(data: bytes | io.BytesIO) -> protocols.Report:
    return protocols.check_file(data, CO2, hints={"timezone": "UTC"}, now=NOW)


@pytest.mark.parametrize("column", RIDDLES)
def test_a_file_of_riddles_is_refused_after_some_lines(column: str) -> None:
    """One error that names the line and the column; most of the file is not even read."""
    stream = io.BytesIO(content(60_000, column, RIDDLES[column]))
    report = protocols.check_file(stream, CO2, hints={"timezone": "UTC"}, now=NOW)
    (error,) = [finding for finding in report.findings if finding.severity == "error"]
    assert (error.code, error.row) == ("unreadable_column", 2)
    assert error.message.params["title"] == CO2.by_name[column].titles
    assert [entry.column for entry in report.columns] == HEADER
    assert report.clean is None
    assert stream.tell() < len(stream.getvalue()) / 2


def test_riddles_in_most_lines_are_refused_when_they_are_too_many() -> None:
    report = check(_mixed(100_000, 0.6))
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["unreadable_column"]


def _mixed(rows: int, share: float) -> bytes:
    lines = content(rows, "co2", 600).decode().splitlines()
    return "\n".join(
        line.replace(",600,", f",x{i},") if i and i % 10 < share * 10 else line for i, line in enumerate(lines)
    ).encode()


@pytest.mark.parametrize("every", [10, 20, 100])
def test_lines_in_steps_are_told_cell_by_cell(every: int) -> None:
    """A status line of the logger at every so many rows is no reason to stop."""
    report = check(content(20_000, "co2", RIDDLES["co2"], every))
    told = [finding for finding in report.findings if finding.severity == "error"]
    assert {finding.code for finding in told} == {"wrong_type"}
    assert sum(finding.count for finding in told) == 20_000 // every


@pytest.mark.parametrize("word", ["error", "not set"])
def test_the_same_word_again_and_again_can_be_left_out(word: str) -> None:
    """As from a sensor that was unplugged for weeks."""
    data = content(20_000, "temperature", word, 1)
    hints = {"timezone": "UTC", "decisions": {"wrong_type": "leave_out"}}
    assert protocols.check_file(data, CO2, hints=hints, now=NOW).ok


def test_answers_of_people_are_not_told() -> None:
    """Nothing of a cell stands in the one error."""
    header = [column.name for column in SURVEY.columns]
    secret = "Zwetanka"  # noqa: S105
    rows = [[f"{secret}{i}" for _column in header] for i in range(12_000)]
    report = protocols.check_file(csv_text(rows, header).encode(), SURVEY, hints={"timezone": "UTC"}, now=NOW)
    assert "unreadable_column" in {finding.code for finding in report.findings}
    assert secret not in str(report.to_dict())
