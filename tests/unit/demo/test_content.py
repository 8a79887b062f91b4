"""The demo: true of its own data, free of personal data, the same every time, and read by our own check."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from ckanext.steamcity import privacy, protocols
from ckanext.steamcity.demo import Result, logger_file, organisations, results
from ckanext.steamcity.demo.content import fill, holds
from ckanext.steamcity.demo.load import HINTS, answers_of

RESULTS = results()
BY_KEY = pytest.mark.parametrize("result", RESULTS, ids=[result.key for result in RESULTS])


@cache
def report(result_key: str) -> protocols.Report:
    """Check one file as the teacher does, with the answers the loader gives."""
    result = next(one for one in RESULTS if one.key == result_key)
    hints = {**HINTS, "timezone": result.timezone}
    return protocols.check_file(result.file(), protocols.load(result.protocol), filename=result.filename, hints=hints)


def test_the_demo_is_wide_enough() -> None:
    """At least 39 results, every protocol, 7 cities, all clusters, all outcomes, all five languages."""
    assert len(RESULTS) >= 39
    assert {result.protocol for result in RESULTS} == set(protocols.slugs())
    assert len({result.city for result in RESULTS}) >= 7
    assert {result.cluster for result in RESULTS} == {cluster.id for cluster in protocols.clusters()}
    outcomes = Counter(outcome for result in RESULTS for outcome in result.outcomes)
    assert set(outcomes) == {"supported", "refuted", "inconclusive", "not_measurable"}
    assert min(outcomes.values()) >= 3
    assert sum(set(result.finding) == {"en", "fr", "it", "es", "bg"} for result in RESULTS) >= 5
    assert {result.language for result in RESULTS} == {"fr", "it", "es", "bg"}


def test_no_school_has_two_results_of_one_protocol() -> None:
    """The loader finds a result again by school and protocol."""
    assert len({(result.school, result.protocol) for result in RESULTS}) == len(RESULTS)


@BY_KEY
def test_what_is_said_is_true_of_the_data(result: Result) -> None:
    """Every claim behind the finding and behind every outcome holds."""
    claims = [*result.true_if, *(claim for hypothesis in result.hypotheses for claim in hypothesis.true_if)]
    assert result.true_if
    assert [claim for claim in claims if not holds(claim, result.facts)] == []


@BY_KEY
def test_texts_are_whole(result: Result) -> None:
    """Own language and English, hypotheses stated before the first day, nothing unfilled, nothing too long."""
    assert {result.language, "en"} <= set(result.finding)
    assert set(result.finding) == set(result.notes)
    assert 1 <= len(result.hypotheses) <= 3
    assert all(date.fromisoformat(one.stated_on) < result.period_start for one in result.hypotheses)
    assert all(one.true_if or one.reflection for one in result.hypotheses)
    assert all(one.reflection for one in result.hypotheses if one.outcome in ("not_measurable", "inconclusive"))
    for text in texts(result):
        assert text.strip()
        assert "{" not in text
    assert max(len(text) for text in result.finding.values()) <= 200
    assert result.question.endswith("?")


@BY_KEY
def test_no_personal_data_by_our_own_search(result: Result) -> None:
    """Neither in the texts nor in the file, except points the protocol turns into cells."""
    assert [finding for text in texts(result) for finding in privacy.scan_text(text, "text")] == []
    headers = list(result.rows[0])
    rows = [list(row.values()) for row in result.rows]
    assert privacy.scan_table(headers, rows, coarsened=("latitude", "longitude")) == []


@BY_KEY
def test_the_portal_reads_the_file(result: Result) -> None:
    """Whatever dialect it is in, the check understands every row, and only the planted fault is left out."""
    checked = report(result.key)
    assert checked.ok, [(finding.code, finding.row, finding.column) for finding in checked.findings]
    assert checked.rows == len(result.rows) <= 3000
    assert {finding.code for finding in checked.findings if finding.severity == "error"} <= {"out_of_range"}


@BY_KEY
def test_synthetic_is_marked_and_places_are_coarse(result: Result) -> None:
    """In the file name, in the answers; the place is a named area; the school says demo."""
    assert result.filename.endswith("-demo.csv")
    answers = answers_of(result)
    assert answers["data"]["synthetic"] is True
    assert answers["place"]["published_place"].startswith("area:")
    assert result.school.startswith("demo-school-")


def test_the_same_bytes_in_another_process() -> None:
    """Neither the clock, nor the order of sets, nor an earlier run changes a byte."""
    code = (
        "import hashlib;from ckanext.steamcity.demo import results, logger_file;"
        "print(hashlib.sha256(b''.join(r.file()+repr((r.finding,r.notes)).encode() for r in results())"
        "+logger_file()).hexdigest())"
    )
    mine = hashlib.sha256(
        b"".join(result.file() + repr((result.finding, result.notes)).encode() for result in RESULTS) + logger_file()
    )
    arguments = [sys.executable, "-c", code]
    other = subprocess.run(arguments, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert other.stdout.strip() == mine.hexdigest()


def test_the_logger_file_has_the_faults_of_the_story() -> None:
    """Byte order mark, semicolons, commas, local times, a French header, a gap, one impossible value."""
    data = logger_file()
    assert data.startswith(b"\xef\xbb\xbf")
    lines = data.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("Horodatage;CO2 (ppm);Température")
    rows = [line.split(";") for line in lines[1:-1]]
    assert "," in rows[0][2]
    assert sum(row[1] == "65535" for row in rows) == 1
    times = [datetime.strptime(row[0], "%d/%m/%Y %H:%M:%S") for row in rows]  # noqa: DTZ007  local times are the point
    gaps = [
        later - earlier for earlier, later in zip(times, times[1:], strict=False) if (later - earlier).seconds > 300
    ]
    assert len(gaps) == 1
    checked = protocols.check_file(data, protocols.load("co2-indoor"), hints={"timezone": "Europe/Paris"})
    assert [finding.code for finding in checked.findings if finding.severity == "error"] == ["out_of_range"]


def test_organisations_are_real_partners_and_invented_schools() -> None:
    """Every school used is listed and invented; partners are not schools."""
    listed = organisations()
    assert {result.school for result in RESULTS} <= {school["name"] for school in listed["schools"]}
    assert {result.partner for result in RESULTS} <= {partner["name"] for partner in listed["partners"]}
    assert all(school["title"].startswith("Demo school ") for school in listed["schools"])
    assert all(partner["kind"] != "school" for partner in listed["partners"])


def test_figures_are_written_as_the_language_writes_them() -> None:
    """1,191.5 in English is 1.191,5 in Italian."""
    assert fill("{x:1}", {"x": 1191.5}, "en") == "1,191.5"
    assert fill("{x:1}", {"x": 1191.5}, "it") == "1.191,5"
    assert fill("{x}", {"x": 23.4}, "fr") == "23"


def texts(result: Result) -> list[str]:
    """Every text of a result that is published."""
    found = [*result.title.values(), *result.finding.values(), *result.notes.values(), result.question, result.limits]
    for one in result.hypotheses:
        found += [one.statement, *([one.reflection] if one.reflection else [])]
    return found + [value for entry in result.instruments for key, value in entry.items() if key != "calibrated_on"]


def test_nothing_of_the_demo_looks_at_the_clock() -> None:
    """Generators take their days from the content."""
    folder = Path(sys.modules["ckanext.steamcity.demo"].__file__ or "").parent
    for path in folder.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not any(word in source for word in ("now(", "today(", "time.time(")), path.name


@BY_KEY
def test_every_value_is_one_the_protocol_knows(result: Result) -> None:
    """Columns exist, categories are choices, and everything comes out of the check again."""
    columns = {column.name: column for column in protocols.load(result.protocol).columns}
    assert set(result.rows[0]) <= set(columns)
    for name in result.rows[0]:
        choices = {choice.value for choice in columns[name].choices}
        if choices:
            assert {row[name] for row in result.rows} <= choices | {None}, name


@BY_KEY
def test_published_groups_hold_everybody(result: Result) -> None:
    """Where groups are published none of the demo's is hidden: the figures in the texts can be worked out again."""
    clean = report(result.key).clean
    assert clean is not None
    if protocols.load(result.protocol).aggregate:
        assert sum(row["n"] for row in clean.rows) == len(result.rows)
        assert min(row["n"] for row in clean.rows) >= 5
    else:
        assert len(clean.rows) == len(result.rows)
