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
