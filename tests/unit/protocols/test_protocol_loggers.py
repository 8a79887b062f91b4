"""Files as loggers and portals write them: which column counts, records inside records, whose file it is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from ckanext.steamcity import protocols
from protocol_files import NOW, co2_rows

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


@pytest.mark.parametrize(
    ("dht", "header", "pressure"), [(False, "BME280_temperature", 1013.005), (True, "Temp", None)]
)
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
        return [{"id": f"m{i}", **about, **one, "raw_value": 600, "unit": "ppm", **quality} for i, one in enumerate(readings())]
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
