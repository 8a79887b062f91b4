"""The examples of docs/reading-api.md do what the page says, on a running portal."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from arro3.io import read_parquet
from ckan import model
from sensor_world import course, store
from sqlalchemy import text

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reading-api.md"


def examples(language, portal):
    """All examples in one language, as one program."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) >= 3
    return "\n".join(found).replace("https://portal.example", portal)


@pytest.fixture
def stored(served):
    store(course(days=3))
    counted = "select count(*), count(*) filter (where quality = 1), max(result) filter (where quality = 1)"
    row = model.Session.execute(
        text(
            f"{counted} from steamcity_sensors_observation o join steamcity_sensors_datastream d"
            " on d.id = o.datastream_id where d.property = 'air_temperature'"
        )
    ).one()
    model.Session.rollback()
    return row


def test_the_examples_in_python(served, stored, capsys):
    said = {}
    exec(compile(examples("python", served), str(PAGE), "exec"), said)  # noqa: S102  the project's own page
    number, good, highest = stored
    assert len(said["observations"]) == len(said["results"]) == number > 300
    assert (len(said["temperatures"]), max(said["temperatures"])) == (good, highest)
    assert said["newest"]["phenomenonTime"] == said["observations"][-1]["time"]
    assert len(said["days"]) == 4
    shown = capsys.readouterr().out
    assert "SC-900 43.529 5.447 ODbL-1.0" in shown
    assert "Sound level" in shown


def test_the_examples_with_curl(served, stored, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    program = "set -eu\n" + examples("sh", served)
    ran = subprocess.run(["sh"], input=program, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    answers, decoder, rest = [], json.JSONDecoder(), ran.stdout
    while rest.strip():
        answer, at = decoder.raw_decode(rest.lstrip())
        answers.append(answer)
        rest = rest.lstrip()[at:]
    thing, warm, near = answers
    assert [one["location"]["coordinates"] for one in thing["Locations"]] == [[5.447, 43.529]]
    assert len(warm["value"]) == 5
    assert all(one["result"] > 12 and one["parameters"]["quality"] == 1 for one in warm["value"])
    assert [one["name"] for one in near["value"]] == ["SC-900"]
    assert json.loads((tmp_path / "stations.geojson").read_text())["features"]
    with (tmp_path / "day.csv").open() as file:
        assert {row["time"][:10] for row in csv.DictReader(file)} == {"2026-03-03"}
    with (tmp_path / "hours.csv").open() as file:
        assert {row["property"] for row in csv.DictReader(file)} == {"air_temperature", "sound_level"}
    everything = read_parquet(str(tmp_path / "everything.parquet")).read_all()
    assert everything["property"].to_pylist().count("air_temperature") == stored[0]
