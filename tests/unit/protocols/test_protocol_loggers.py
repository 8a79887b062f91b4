"""Files as loggers and portals write them: which column counts, records inside records, whose file it is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.headers import Matcher
from ckanext.steamcity.protocols.sample import sample_csv
from protocol_files import NOW, co2_rows, csv_text

CO2, AIR = protocols.load("co2-indoor"), protocols.load("outdoor-air")
_AIRROHR = (
    "Time;durP1;ratioP1;P1;durP2;ratioP2;P2;SDS_P1;SDS_P2;PMS_P1;PMS_P2;Temp;Humidity;BMP_temperature;BMP_pressure;"
    "BME280_temperature;BME280_humidity;BME280_pressure;Samples;Min_cycle;Max_cycle;Signal"
)


def airrohr(dht: bool) -> bytes:
    """The readings of a station with a BME280, or of one with a DHT22 for temperature and humidity."""
    lines = [_AIRROHR]
    for i in range(60):
        at = datetime(2026, 3, 22, 8) + timedelta(seconds=150 * i)  # noqa: DTZ001  the file says UTC by its writer
        air = f"{10 + i % 5}.3;{60 + i % 9}.2"
        bme = f";;;;{air};{101300 + i}.5" if not dht else f"{air};;;;;"
        lines.append(f"{at:%Y/%m/%d %H:%M:%S};;;;;;;{12 + i % 7}.5;{6 + i % 4}.5;;;{bme};800000;28;20100;-67")
    return "\n".join(lines).encode()


def check(data: bytes, protocol=CO2, **hints) -> protocols.Report:
    return protocols.check_file(data, protocol, hints=hints, now=NOW)


@pytest.mark.parametrize(("dht", "header", "pressure"), [(False, "BME280_temperature", 1013.005), (True, "Temp", None)])
def test_of_several_columns_for_one_thing_the_one_with_values_is_taken(dht, header, pressure):
    report = check(airrohr(dht), AIR)
    assert report.ok
    row = report.clean.rows[0]
    assert (row["temperature"], row["humidity"], row["pressure"]) == (10.3, 60.2, pressure)
    assert next(c.header for c in report.columns if c.column == "temperature") == header
    assert report.counts.get("second_column") is None
    # an empty column was not converted
    assert ("unit_converted" in report.counts) is (pressure is not None)


def readings(**more) -> list[dict]:
    return [{"timestamp": row[0], "value": int(row[1]), **more} for row in co2_rows(60)]


def records(kind: str) -> object:
    about = {"sensor_id": "s1", "sensor_type_id": "co2", "experiment_id": "exp-5"}
    if kind == "measurements":
        quality = {"quality": {"score": 0.98, "status": "good", "flags": []}, "metadata": {"battery_level": 80}}
        return [
            {"id": f"m{i}", **about, **one, "raw_value": 600, "unit": "ppm", **quality}
            for i, one in enumerate(readings())
        ]
    history = {**about, "data": readings(quality=0.98)}
    temperature = {**about, "sensor_type_id": "temperature", "data": [{**one, "value": 20.5} for one in readings()]}
    return {"one": history, "history": [history], "several": [history, temperature]}[kind]


@pytest.mark.parametrize("kind", ["measurements", "history", "one", "several"])
def test_records_of_steamcity(kind):
    report = check(json.dumps(records(kind)).encode())
    assert report.ok, report.to_dict()
    assert "logger" in report.counts
    assert [row["co2"] for row in report.clean.rows] == [int(row[1]) for row in co2_rows(60)]
    assert report.clean.rows[0]["temperature"] == (20.5 if kind == "several" else None)


def told(report: protocols.Report) -> list[tuple]:
    return [(f.code, f.severity, f.row, f.count) for f in report.findings]


def sheet(header: list[str], rows: list[list[str]]) -> bytes:
    return "\n".join(",".join(row) for row in [header, *rows]).encode()


def test_units_in_a_second_line_of_the_header():
    fahrenheit = [[row[0], row[1], f"{float(row[2]) * 1.8 + 32:.2f}", row[3]] for row in co2_rows(60)]
    report = check(sheet(["Time", "CO2", "Temp", "RH"], [["", "ppm", "(°F)", "%"], *fahrenheit]))
    assert told(report) == [("units_row", "note", 2, 1), ("unit_converted", "note", 2, 1)]
    assert report.rows == 60
    assert report.clean.rows[0]["temperature"] == 20
    assert check(sheet(["Time", "CO2", "Temp"], [row[:3] for row in co2_rows(60)])).findings == []


@pytest.mark.parametrize("word", ["Moyenne", "Total", "Media", "Средно", "Mean:", "TOTALE"])
def test_a_row_of_totals_at_the_end_is_one_note(word):
    report = check(sheet(["time", "co2", "temperature", "humidity"], [*co2_rows(60), [word, "=AVERAGE(B2:B61)"]]))
    assert told(report) == [("summary_row", "note", 62, 1)]
    assert report.ok
    assert len(report.clean.rows) == 60
    assert report.clean.quality.completeness == 1
    two = check(sheet(["time", "co2"], [*(row[:2] for row in co2_rows(60)), [word, "30000"], ["Max", "900"]]))
    assert told(two) == [("summary_row", "note", 62, 2)]


def test_a_word_in_the_middle_is_no_total():
    rows = co2_rows(60)
    rows[20][0] = "Total"
    assert told(check(sheet(["time", "co2", "temperature", "humidity"], rows))) == [("bad_time", "error", 22, 1)]


@pytest.mark.parametrize("mark", ["|", ";", "\t"])
def test_decimal_commas_between_other_separators(mark):
    rows = [[cell.replace(".", ",") for cell in row] for row in co2_rows(60)]
    data = "\n".join(mark.join(row) for row in [["time", "co2", "temperature", "humidity"], *rows]).encode()
    report = check(data)
    assert report.ok
    assert report.understood["separator"] == mark


@pytest.mark.parametrize(
    ("encoding", "header", "word"), [("cp1252", "Température", "Western"), ("cp1251", "Температура", "Cyrillic")]
)
def test_the_alphabet_is_said_in_words(encoding, header, word):
    data = "\n".join(",".join(row[:3]) for row in [["time", "co2", header], *co2_rows(60)]).encode(encoding)
    note = next(finding for finding in check(data).findings if finding.code == "encoding")
    assert word in note.message.text


@pytest.mark.parametrize(
    ("slug", "header", "column"),
    [
        ("outdoor-air", "Темп. (°C)", "temperature"),
        ("outdoor-air", "Темп.", "temperature"),
        ("warm-walls", "T int", "indoor_temperature"),
        ("warm-walls", "T ext (°C)", "outdoor_temperature"),
        ("warm-walls", "T mur", "inner_wall_temperature"),
        ("pollinators", "Insecto", "insect"),
        ("whisper-walls", "Percezione", "calm"),
        ("whisper-walls", "Усещане", "calm"),
    ],
)
def test_names_that_classes_use(slug, header, column):
    assert Matcher(protocols.load(slug)).find(header)[0] == column


def test_a_sample_writes_what_the_instrument_gives():
    text = sample_csv(CO2).decode("utf-8-sig").splitlines()
    assert all("." not in line.split(",")[1] for line in text[1:])


def test_a_header_that_stands_again_below_its_units_is_one():
    head = ["time,co2,temperature,humidity", ",ppm,°C,%"]
    body = [",".join(row) for row in co2_rows(60)]
    report = protocols.check_file("\n".join([*head, *body[:30], *head, *body[30:]]).encode(), CO2, now=NOW)
    assert [one.code for one in report.findings if one.severity == "error"] == []
    assert report.rows == 60


def test_deviations_at_the_end_are_no_measurements():
    rows = [*co2_rows(60), ["Moyenne", "700", "21", "44"], ["Écart-type", "50", "1", "2"]]
    report = protocols.check_file(csv_text(rows).encode(), CO2, now=NOW)
    assert [(one.code, one.count) for one in report.findings if one.severity != "note"] == []
    assert [one.count for one in report.findings if one.code == "summary_row"] == [2]


def test_a_total_above_the_last_rows_is_a_wrong_time():
    rows = co2_rows(60)
    rows[57][0] = "Total"
    found = protocols.check_file(csv_text(rows).encode(), CO2, now=NOW).findings
    assert [(one.code, one.row) for one in found] == [("bad_time", 59)]
