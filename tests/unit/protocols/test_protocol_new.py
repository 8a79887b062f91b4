"""A 26th protocol is one more file: dropped in, it has a template, a check, a chart, a dictionary and a sample."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import loader, sample, template_workbook, twins
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

SLUG = "river-watch"


def river_watch() -> dict:
    """A protocol as its author would write it: the model template with another name and another quantity."""
    model = Path(str(files(loader.SCHEMAS) / "protocols" / "co2-indoor.yaml"))
    data = yaml.safe_load(model.read_text(encoding="utf-8"))
    level = {
        **next(column for column in data["columns"] if column["name"] == "co2"),
        "name": "water_level", "unit": "m", "property": None, "minimum": 0, "maximum": 20, "typical_minimum": 0.2,
        "typical_maximum": 6, "precision": 0.01, "spike": 3, "aliases": ["level", "hauteur"],
        "examples": [1.2, 1.25, 1.3],
        "titles": {"en": "Water level", "fr": "Hauteur d’eau", "it": "Livello", "es": "Nivel", "bg": "Ниво на водата"},
    }  # fmt: skip
    return {
        **data,
        "slug": SLUG,
        "titles": dict.fromkeys(protocols.LANGUAGES, "River watch"),
        "columns": [data["columns"][0], level],
        "charts": [{**data["charts"][0], "y": ["water_level"]}],
        "reference_lines": [],
    }


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The folder of schemas with one file more."""
    folder = tmp_path / "schemas"
    shutil.copytree(Path(str(files(loader.SCHEMAS))), folder)
    text = yaml.safe_dump(river_watch(), allow_unicode=True)
    (folder / "protocols" / f"{SLUG}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(loader, "_folder", lambda: folder)
    loader.slugs.cache_clear()
    yield SLUG
    loader.slugs.cache_clear()


def test_it_is_valid_by_the_schema_of_protocols(dropped: str) -> None:
    schema = json.loads((files(loader.SCHEMAS) / "protocols" / "protocol.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(river_watch())) == []
    there = {
        one.name.removesuffix(".yaml")
        for one in (files(loader.SCHEMAS) / "protocols").iterdir()
        if one.name.endswith(".yaml")
    }
    assert set(protocols.slugs()) == there | {dropped}


def test_one_file_gives_everything(dropped: str) -> None:
    """Template (CSV and XLSX), check, chart, dictionary, schema, sample, comparison."""
    protocol = protocols.load(dropped)
    made = protocols.template_csv(protocol, "fr", spoken=True)
    assert "Hauteur d’eau (m)" in made.decode("utf-8-sig")
    table = load_workbook(io.BytesIO(template_workbook.workbook(protocol, "fr"))).worksheets[0]
    assert table.cell(1, 2).value == "Hauteur d’eau (m)"
    report = protocols.check_file(sample.sample_csv(protocol, "bg"), protocol)
    assert report.ok
    assert report.clean is not None
    dictionary = report.clean.datastore_fields("bg")
    assert [(field["id"], field["type"]) for field in dictionary[:2]] == [
        ("time", "timestamp"),
        ("water_level", "numeric"),
    ]
    assert dictionary[1]["info"]["label"] == "Ниво на водата"
    assert report.clean.table_schema("bg")["fields"][1]["unitSymbol"] == "m"
    assert protocols.charts.chart(protocol, list(report.clean.rows), "es")["data"]["values"]
    assert "water_level" in twins.reduce(protocol, list(report.clean.rows)).spreads


def test_it_refuses_what_its_template_excludes(dropped: str) -> None:
    bad = "Time,Water level (m)\n" + "".join(
        f"2026-03-03T07:{minute:02d}:00Z,{99 if minute == 30 else 1.2 + minute / 100}\n" for minute in range(60)
    )
    report = protocols.check_file(bad.encode(), protocols.load(dropped))
    assert ("out_of_range", "error") in {(finding.code, finding.severity) for finding in report.findings}
