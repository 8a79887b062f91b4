"""`ckan steamcity check-file`: the engine behind the form, in a terminal."""

from __future__ import annotations

import json

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.cli import steamcity
from click.testing import CliRunner


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "logger.csv"
    path.write_bytes(protocols.template_csv(protocols.load("co2-indoor"), "fr"))
    return path


def test_it_says_what_it_finds_and_ends_with_one_where_it_cannot_be_published(table):
    run = CliRunner().invoke
    good = run(steamcity, ["check-file", "co2-indoor", str(table), "--timezone", "Europe/Paris"])
    assert good.exit_code == 0, good.output
    assert "can be published" in good.output
    table.write_bytes(table.read_bytes().replace(b";", b",") + b"2026-03-02T10:00:00Z,many,20,40,3,closed\n")
    bad = run(steamcity, ["check-file", "co2-indoor", str(table), "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.output)["ok"] is False
    assert "There is no protocol" in run(steamcity, ["check-file", "nothing", str(table)]).output


def test_it_says_how_to_decide_and_takes_the_decision(tmp_path):
    path = tmp_path / "logger.csv"
    rows = "".join(f"2026-03-02T10:{n:02d}:00Z;4{n:02d};20;40;3;{'opne' if n == 7 else 'open'}\n" for n in range(40))
    path.write_text("When;CO2 (ppm);temperature;humidity;people;windows\n" + rows)

    def run(*more):
        return CliRunner().invoke(steamcity, ["check-file", "co2-indoor", str(path), *more])

    asked = run("--column", "When=time")
    assert (asked.exit_code, "--decide unknown_choice=leave_out|take_suggestion" in asked.output) == (1, True)
    done = run("--column", "When=time", "--decide", "unknown_choice=take_suggestion")
    assert (done.exit_code, "40 rows, 1 changed, can be published" in done.output) == (0, True), done.output
    assert "has no =" in run("--decide", "unknown_choice").output


def test_it_says_how_many_answers_would_not_be_published(tmp_path):
    path = tmp_path / "answers.csv"
    answers = {"traffic": 20, "walking_cycling": 12, "green": 8, "waste": 3}
    path.write_text("theme,link,importance\n" + "".join(f"{theme},lives,4\n" * n for theme, n in answers.items()))
    told = CliRunner().invoke(steamcity, ["check-file", "city-detective", str(path)]).output
    assert "left out  11 of 43 answers" in told, told
