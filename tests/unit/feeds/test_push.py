"""What devices send, in each profile: what becomes a reading, what is refused, what is never read."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ckanext.steamcity.harvesters.feeds import FeedError, Home, Source, adapter
from ckanext.steamcity.harvesters.feeds.push import unpack
from ckanext.steamcity.harvesters.feeds.uplinks import Uplinks

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOME = Home(43.529, 5.447, "area:aix-en-provence")


def source(profile="steamcity", **options):
    chosen = {name: check(options.get(name)) for name, check in adapter("push").options.items()}
    return Source("https://x/", lambda *_: b"", options=chosen | {"profile": profile}, secret="key", now=NOW)


def sent(profile, body, home=HOME, device="", start=None, known=None, **options):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return unpack(source(profile, **options), data, home=home, device=device, start=start, known_uplinks=known)


def values(parcel):
    return [(reading.channel, reading.result, reading.time) for reading in parcel.readings]


def reading(**changes):
    given = {
        "experimentId": "exp-of-jeanne",
        "studentName": "Jeanne Dupont",
        "sensorType": "Température",
        "value": 21.5,
        "unit": "°C",
        "timestamp": "2026-03-10T11:00:00Z",
        "location": {"latitude": 43.5298765, "longitude": 5.4471234},
        "notes": "measured by Jeanne",
    }
    return given | changes


def test_steamcity_is_read_and_no_name_leaves_it():
    parcel = sent("steamcity", [reading(), reading(sensorType="NO2", unit="μg/m³", value=39.7)])
    assert values(parcel) == [
        ("air_temperature", 21.5, datetime(2026, 3, 10, 11, tzinfo=UTC)),
        ("no2", 39.7, datetime(2026, 3, 10, 11, tzinfo=UTC)),
    ]
    kept = repr(parcel).casefold()
    assert "jeanne" not in kept
    assert "dupont" not in kept
    assert "43.5298" not in kept
    assert [station.exposure for station, _since in parcel.stations] == ["unknown"]


def test_the_newer_shape_and_a_single_object_are_read():
    one = {"sensor_id": "s-1", "sensor_type_id": "co2", "value": 652, "raw_value": 600, "unit": "ppm"}
    parcel = sent("steamcity", one | {"timestamp": "2026-03-10T11:00:00.599Z", "quality": {"score": 1}})
    assert [(channel, result) for channel, result, _time in values(parcel)] == [("co2", 652)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timestamp": "2028-01-01T00:00:00Z"}, "future"),
        ({"timestamp": "1970-01-01T00:00:00Z"}, "past"),
        ({"timestamp": "last Tuesday"}, "time"),
        ({"value": "warm, says Jeanne"}, "value"),
        ({"value": True}, "value"),
        ({"unit": "bananas"}, "quantity"),
        ({"sensorType": "Jeanne"}, "quantity"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_its_neighbours_kept(change, reason):
    parcel = sent("steamcity", [reading(), reading(**change), reading(sensorType="Humidité", unit="%")])
    assert [row["state"] for row in parcel.receipt] == ["accepted", "rejected", "accepted"]
    assert parcel.receipt[1] == {"row": 2, "state": "rejected", "reason": reason}
    assert len(parcel.readings) == 2


def test_what_a_device_says_of_its_battery_is_kept_and_nothing_else_it_says():
    told = {"battery_level": 81, "signal_strength": -70, "owner": "Jeanne Dupont"}
    parcel = sent("steamcity", [reading(metadata=told), reading(metadata={"battery_level": "full of Jeanne"})])
    kept = [one for one in parcel.readings if one.channel == "battery_charge"]
    assert [one.result for one in kept] == [81.0]
    assert "Jeanne" not in repr(parcel)


def test_a_clock_that_is_ahead_is_flagged_and_a_day_ahead_refused():
    ahead = [timedelta(minutes=4), timedelta(minutes=6), timedelta(hours=23), timedelta(hours=25)]
    parcel = sent("steamcity", [reading(timestamp=(NOW + one).isoformat()) for one in ahead])
    assert [row.get("flags") or row.get("reason") for row in parcel.receipt] == [None, ["date"], ["date"], "future"]


def test_without_a_time_the_portals_clock_counts_and_without_a_place_the_feeds():
    parcel = sent("steamcity", reading(timestamp=None, location=None))
    assert parcel.readings[0].time == NOW
    station = parcel.stations[0][0]
    assert (station.latitude, station.longitude, station.place) == HOME
    told = sent("steamcity", reading(location={"latitude": 43.6, "longitude": 5.5})).stations[0][0]
    assert (told.latitude, told.place, "place" in told.to_dict()) == (43.6, "", False)
    assert sent("steamcity", reading(location=None), home=None).receipt[0]["reason"] == "place"


FIRMWARE = {
    "esp8266id": "123456",
    "software_version": "NRZ-2020-129",
    "sensordatavalues": [
        {"value_type": "SDS_P1", "value": "1.87"},
        {"value_type": "SDS_P2", "value": "1.05"},
        {"value_type": "BME280_pressure", "value": "100659.00"},
        {"value_type": "BME280_temperature", "value": "26.80"},
        {"value_type": "temperature", "value": "27.10"},
        {"value_type": "humidity", "value": "nan"},
        {"value_type": "samples", "value": "924605"},
        {"value_type": "signal", "value": "-52 dBm"},
    ],
}


def test_the_firmware_of_airrohr_posts_unchanged():
    parcel = sent("airrohr", FIRMWARE)
    assert [(r.sensor, r.channel, r.result) for r in parcel.readings] == [
        ("SDS", "pm10", 1.87),
        ("SDS", "pm25", 1.05),
        ("BME280", "air_pressure:Pa", 1006.59),
        ("BME280", "air_temperature", 26.8),
        ("DHT", "air_temperature", 27.1),
        ("DHT", "relative_humidity", None),
    ]
    assert {r.time for r in parcel.readings} == {NOW}
    assert "123456" not in repr(parcel)


def test_whatever_an_airrohr_sends_has_a_row_in_the_receipt():
    kinds = ["PMS_P0", "SCD30_co2_ppm", "SPS30_N05", "signal", "of-jeanne"]
    parcel = sent("airrohr", {"sensordatavalues": [{"value_type": kind, "value": "4"} for kind in kinds]})
    assert len(parcel.receipt) == 5
    assert ("SCD30", "co2", 4) in [(r.sensor, r.channel, r.result) for r in parcel.readings]
    assert [row.get("reason") for row in parcel.receipt[2:]] == ["quantity", "status", "quantity"]
    assert "jeanne" not in repr(parcel)
    assert parcel.time_source == "server"


MAPPING = {"5386e44d5f0822040000b001": {"property": "air_temperature", "unit": "°C"}}


@pytest.mark.parametrize(
    "body",
    [
        b'[{"sensor": "5386e44d5f0822040000b001", "value": "6.38", "createdAt": "2026-03-10T10:00:00.000Z"}]',
        b'{"5386e44d5f0822040000b001": ["6.38", "2026-03-10T10:00:00.000Z"]}',
        b"5386e44d5f0822040000b001,6.38,2026-03-10T10:00:00.000Z\n",
    ],
    ids=["array", "object", "csv"],
)
def test_openSenseMap_bodies_are_read_through_the_mapping(body):  # noqa: N802  the name of the service
    parcel = sent("opensensemap", body, mapping=MAPPING)
    assert values(parcel) == [("air_temperature", 6.38, datetime(2026, 3, 10, 10, tzinfo=UTC))]


def test_senml_carries_base_values_on():
    body = [
        {"bn": "urn:dev:mac:0024befffe804ff1:", "bt": 1773136800, "bu": "Cel", "n": "temperature", "v": 20.5},
        {"n": "humidity", "u": "%RH", "v": 61},
        {"n": "temperature", "t": 60, "v": 20.7},
        {"n": "temperature", "vs": "warm"},
    ]
    parcel = sent("senml", body)
    begin = datetime.fromtimestamp(1773136800, UTC)
    assert [(r.channel, r.result, r.time) for r in parcel.readings] == [
        ("air_temperature", 20.5, begin),
        ("relative_humidity", 61, begin),
        ("air_temperature", 20.7, begin + timedelta(minutes=1)),
    ]
    assert parcel.receipt[3] == {"row": 4, "state": "rejected", "reason": "value"}


@pytest.mark.parametrize("record", [{"vs": "warm"}, {"vb": True}, {"vd": "AQID"}, {"s": 4}, {}])
def test_a_record_of_senml_without_a_number_is_refused(record):
    parcel = sent("senml", [{"bn": "box:", "n": "temperature", "u": "Cel", **record}])
    assert (parcel.readings, parcel.rejected) == ([], {"value": 1})


def test_senml_adds_its_base_value_and_counts_small_times_from_now():
    body = [
        {"bn": "box:", "bv": 20, "bu": "Cel", "n": "temperature", "v": 1.5, "t": -60},
        {"n": "temperature", "v": 2, "t": -10.5},
        {"bv": 0, "bt": -300, "n": "temperature", "v": 19},
    ]
    parcel = sent("senml", body)
    assert [(result, (NOW - time).total_seconds()) for _channel, result, time in values(parcel)] == [
        (21.5, 60), (22, 10.5), (19, 300),
    ]  # fmt: skip
    assert parcel.time_source == "server"


@pytest.mark.parametrize("time", ["soon", True, None, 1e300, [1]])
def test_a_time_of_senml_that_is_none_is_refused(time):
    assert sent("senml", [{"bn": "box:", "n": "temperature", "u": "Cel", "v": 1, "t": time}]).rejected == {"time": 1}


CSV_MAPPING = {
    "Zeit": "time",
    "T (°C)": {"property": "air_temperature", "unit": "°C"},
    "Druck": {"property": "air_pressure", "unit": "Pa"},
}


def test_a_european_csv_is_read_with_its_zone_and_its_commas():
    body = "\ufeffZeit;Name;T (°C);Druck\r\n2026-03-10 09:00:00;Jeanne;12,5;101325\r\n"
    body += "2026-03-10 09:10;Jeanne;;x\r\nkaputt\r\n"
    parcel = sent("csv", body.encode(), mapping=CSV_MAPPING, timezone="Europe/Berlin")
    assert [(r.channel, r.result) for r in parcel.readings] == [
        ("air_temperature", 12.5),
        ("air_pressure:Pa", 1013.25),
        ("air_temperature", None),
    ]
    assert parcel.readings[0].time == datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert parcel.rejected == {"value": 1, "columns": 1}
    assert "Jeanne" not in repr(parcel)


@pytest.mark.parametrize(
    ("local", "hour"), [("2026-03-29 01:30", 0), ("2026-03-29 03:30", 1), ("2026-03-28 12:00", 11)]
)
def test_the_hour_of_summer_time_is_kept_apart(local, hour):
    data = source("csv", mapping=CSV_MAPPING, timezone="Europe/Paris")
    data.now = datetime(2026, 4, 1, tzinfo=UTC)
    parcel = unpack(data, f"Zeit;Druck\n{local};100000\n".encode(), home=HOME)
    assert parcel.readings[0].time.hour == hour


def test_a_log_that_counts_seconds_needs_its_start():
    body = b"Time (seconds),temp\n0,20\n10,20.5\n"
    mapping = {"Time (seconds)": "seconds", "temp": {"property": "air_temperature", "unit": "C"}}
    with pytest.raises(FeedError):
        sent("csv", body, mapping=mapping)
    parcel = sent("csv", body, mapping=mapping, start=datetime(2026, 3, 10, 9, tzinfo=UTC))
    assert [r.time.second for r in parcel.readings] == [0, 10]


def uplink(**message):
    return {
        "end_device_ids": {
            "device_id": "box-of-jeanne",
            "dev_eui": "22D11357891CB769",
            "application_ids": {"application_id": "jeanne"},
        },
        "received_at": "2026-03-10T11:00:02.381960868Z",
        "uplink_message": {
            "session_key_id": "AZCHQat2",
            "f_cnt": 41,
            "frm_payload": "AQAI",
            "rx_metadata": [{"location": {"latitude": 48.768265, "longitude": 9.159668}}],
            "settings": {"time": "2026-03-10T11:00:01.154471Z"},
            "received_at": "2026-03-10T11:00:02.175051417Z",
        }
        | message,
    }


NORMALIZED = [
    {"time": "2026-03-10T10:59:00Z", "air": {"temperature": 24.6, "relativeHumidity": 51}},
    {"air": {"pressure": 1013}},
]


@pytest.mark.parametrize(
    "wrap", [lambda u: u, lambda u: {"name": "as.up.data.forward", "data": u}, lambda u: [{"result": u}]]
)
def test_a_normalized_payload_counts_before_what_a_decoder_wrote(wrap):
    parcel = sent("ttn", wrap(uplink(normalized_payload=NORMALIZED, decoded_payload={"temperature": 99})))
    assert [(r.channel, r.result, r.time.minute) for r in parcel.readings] == [
        ("air_temperature", 24.6, 59),
        ("relative_humidity", 51, 59),
        ("air_pressure", 1013, 0),
    ]
    kept = repr(parcel)
    assert "48.7" not in kept
    assert "jeanne" not in kept
    assert "22D113" not in kept


def test_a_decoded_payload_is_read_through_the_mapping_only():
    mapping = {"TempC_SHT": {"property": "air_temperature", "unit": "°C"}}
    parcel = sent("ttn", uplink(decoded_payload={"TempC_SHT": 20.1, "student": "Jeanne"}), mapping=mapping)
    assert [(r.channel, r.result) for r in parcel.readings] == [("air_temperature", 20.1)]


def test_what_a_decoder_wrote_without_a_mapping_has_rows_with_a_reason():
    parcel = sent("ttn", uplink(decoded_payload={"TempC_SHT": 20.1, "student": "Jeanne"}))
    assert [row["reason"] for row in parcel.receipt] == ["quantity", "quantity"]
    assert "student" not in repr(parcel)
    assert sent("ttn", uplink()).rejected == {"shape": 1}
    soil = [{"air": {"temperature": 20}, "soil": {"moisture": 10}}]
    assert sent("ttn", uplink(normalized_payload=soil)).rejected == {"quantity": 1}


def test_an_uplink_twice_in_one_body_is_taken_once():
    again = uplink(normalized_payload=NORMALIZED)
    again["uplink_message"].pop("settings")
    again["uplink_message"]["received_at"] = "2026-03-10T11:10:00Z"
    parcel = sent("ttn", [uplink(normalized_payload=NORMALIZED), again])
    assert len(parcel.readings) == 3
    assert [bool(row.get("duplicate")) for row in parcel.receipt] == [False] * 3 + [True] * 3


def test_the_uplinks_of_a_device_are_known_however_much_others_send():
    known = Uplinks()
    for counter in range(50):
        for device in range(200):
            known.add(f"x{device}", "session", counter)
    assert all(known.holds(f"x{device}", "session", counter) for device in range(200) for counter in range(50))
    assert not known.holds("x1", "session", 50)
    assert not known.holds("x1", "another", 3)
    assert known.table["x7"] == {next(iter(known.table["x7"])): [[0, 49]]}


def test_a_counter_that_was_left_out_is_still_taken_later():
    known = Uplinks()
    for counter in (9, 4, 3, 7, 8, 1):
        known.add("x", "session", counter)
    assert [counter for counter in range(12) if known.holds("x", "session", counter)] == [1, 3, 4, 7, 8, 9]
    known.add("x", "session", 2)
    assert list(known.table["x"].values()) == [[[1, 4], [7, 9]]]


def test_an_uplink_that_came_before_is_a_duplicate():
    body = uplink(normalized_payload=NORMALIZED)
    first = sent("ttn", body)
    again = sent("ttn", body, known=first.uplinks.table)
    assert (len(first.uplinks.table), again.readings) == (1, [])
    assert all(row["duplicate"] for row in again.receipt)
    other = sent("ttn", uplink(normalized_payload=NORMALIZED, f_cnt=42), known=first.uplinks.table)
    assert len(other.readings) == 3


def test_codes_are_the_same_for_the_same_device_and_others_for_another_feed():
    one, same = sent("steamcity", reading()), sent("steamcity", reading(value=1))
    assert one.readings[0].station == same.readings[0].station
    other = source()
    other.secret = "another"
    assert unpack(other, json.dumps(reading()).encode(), home=HOME).readings[0].station != one.readings[0].station


@pytest.mark.parametrize("profile", ["steamcity", "airrohr", "senml", "ttn", "csv", "opensensemap"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"<html>", b"\x00" * 50, b"[1, [2], null]", b'"x"', b"[" * 100_000]
)
def test_nonsense_is_refused_and_never_an_accident(profile, body):
    try:
        parcel = sent(profile, body)
    except FeedError:
        return
    assert parcel.readings == []


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="10"):
        unpack(source(), json.dumps([reading()] * 11).encode(), home=HOME, most=10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("profile", "x"),
        ("exposure", "space"),
        ("timezone", "Mars/North"),
        ("mapping", {"a": {"property": "jeanne", "unit": "°C"}}),
        ("mapping", {"a": {"property": "co2", "unit": "°C"}}),
        ("mapping", {"a": "day"}),
    ],
)
def test_wrong_options_are_refused(name, value):
    with pytest.raises((ValueError, KeyError, TypeError)):
        adapter("push").options[name](value)


@pytest.mark.skipif(not os.environ.get("STEAMCITY_SAMPLES"), reason="STEAMCITY_SAMPLES names no folder")
def test_authentic_bodies_are_read():
    folder = Path(os.environ["STEAMCITY_SAMPLES"]) / "feeds"
    for name in ("firmware_push_NRZ-2016-058", "firmware_push_NRZ-2018-121"):
        parcel = sent("airrohr", (folder / "sensor-community" / f"{name}.json").read_bytes())
        assert {"pm10", "pm25"} <= {r.channel for r in parcel.readings}
    parcel = sent("steamcity", (folder / "homemade" / "steamcity_io_legacy_readings.json").read_bytes())
    assert {"illuminance", "no2"} <= {r.channel for r in parcel.readings}
    assert "REDACTED" not in repr(parcel)
    mapping = {"temperature_41": {"property": "air_temperature", "unit": "°C"}}
    body = (folder / "ttn" / "uplink_as.up.data.forward_default_valid.json").read_bytes()
    assert [r.result for r in sent("ttn", body, mapping=mapping).readings] == [24.6]


def test_of_a_device_some_sessions_and_ranges_of_counters_are_kept():
    known = Uplinks()
    known.add("x7", "session", 3)
    known.add("x7", "after a new battery", 0)
    assert known.holds("x7", "session", 3)
    for number in range(9):
        known.add("x7", f"session {number}", 0)
    assert len(known.table["x7"]) == 4
    for number in range(200):
        known.add("x8", "session", 2 * number)
    (spans,) = known.table["x8"].values()
    assert len(spans) == 64
    assert known.holds("x8", "session", 398)
