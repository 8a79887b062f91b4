"""Files of loggers: clocks, dates, numbers, logs that count. What is open is asked, what is lost is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from ckanext.steamcity.harvesters.feeds import FeedError, Home, Source, adapter
from ckanext.steamcity.harvesters.feeds.push import unpack
from ckanext.steamcity.harvesters.feeds.tables import Asked, started, step

WARM = {"property": "air_temperature", "unit": "°C"}
MAPPING = {"Time": "time", "T": WARM, "P": {"property": "air_pressure", "unit": "hPa"}}
LOG = {"Time (seconds)": "seconds", "temp": WARM, "light": {"property": "illuminance", "unit": "lx"}}
START = datetime(2026, 3, 10, 9, tzinfo=UTC)


def read(text, start=None, order="", device="", profile="csv", **options):
    chosen = {name: check(options.get(name)) for name, check in adapter("push").options.items()}
    now = datetime(2026, 11, 1, tzinfo=UTC)
    source = Source("https://x/", lambda *_: b"", options=chosen | {"profile": profile}, secret="key", now=now)
    data = text if isinstance(text, bytes) else text.encode()
    return unpack(source, data, home=Home(43.5, 5.4), start=start, order=order, device=device, most=100_000)


def clocks(parcel):
    return [f"{reading.time:%d %H:%M}" for reading in parcel.readings]


AUTUMN = ["2025-10-26 02:00", "2025-10-26 02:30", "2025-10-26 02:00", "2025-10-26 02:30", "2025-10-26 03:00"]


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_both_hours_of_the_night_the_clocks_go_back_are_kept(backwards):
    rows = [f"{time},{n}" for n, time in enumerate(AUTUMN)]
    text = "\n".join(["Time,T", *(reversed(rows) if backwards else rows)])
    parcel = read(text, mapping=MAPPING, timezone="Europe/Paris")
    found = {reading.result: f"{reading.time:%H:%M}" for reading in parcel.readings}
    assert found == {0: "00:00", 1: "00:30", 2: "01:00", 3: "01:30", 4: "02:00"}


def test_devices_that_push_local_times_keep_both_hours_each():
    def one(device, time, value):
        return {"sensor_id": device, "sensorType": "co2", "unit": "ppm", "value": value, "timestamp": time}

    body = json.dumps([one(device, time, 400) for time in AUTUMN for device in ("a", "b")])
    parcel = read(body, profile="steamcity", timezone="Europe/Paris")
    assert len({(reading.station, reading.time) for reading in parcel.readings}) == 10


def test_a_day_without_its_time_is_no_moment():
    """In a table with a column of days and one of times; midnight would be invented."""
    mapping = {"Day": "date", "Hour": "time", "T": WARM}
    parcel = read("Day,Hour,T\n2026-07-13,,2\n2026-07-13,09:00,3\n", mapping=mapping)
    assert [reading.result for reading in parcel.readings] == [3.0]
    assert parcel.receipt[0]["reason"] == "time"


def test_of_two_columns_with_one_name_the_first_is_read():
    parcel = read("Time,T,T\n2026-07-13 09:00,20,21\n", mapping=MAPPING)
    assert [reading.result for reading in parcel.readings] == [20.0]


@pytest.mark.parametrize(
    "body", [b"5386e44d5f0822040000b001,20\n", b'[{"sensor": "5386e44d5f0822040000b001", "value": 20}]']
)
def test_a_sensebox_may_begin_with_a_byte_order_mark(body):
    mapping = {"5386e44d5f0822040000b001": WARM}
    assert read(b"\xef\xbb\xbf" + body, profile="opensensemap", mapping=mapping).accepted == 1


def test_an_hour_that_was_on_no_clock_is_refused():
    parcel = read("Time,T\n2026-03-29 01:30,1\n2026-03-29 02:30,2\n2026-03-29 03:30,3\n", mapping=MAPPING,
                  timezone="Europe/Paris")  # fmt: skip
    assert clocks(parcel) == ["29 00:30", "29 01:30"]
    assert parcel.receipt[1] == {"row": 2, "state": "rejected", "reason": "missing_hour"}


@pytest.mark.parametrize(
    "time", ["13/07/2026 09:00", "13.07.2026 09:00", "13/07/26 09:00:00", "2026-07-13T09:00", "2026/07/13 9h00"]
)
def test_dates_are_read_as_schools_write_them(time):
    assert clocks(read(f"Time;T\n{time};1\n", mapping=MAPPING, timezone="Europe/Madrid")) == ["13 07:00"]


def test_which_part_of_a_date_is_the_day_is_asked_and_never_guessed():
    text = "Time;T\n03/04/2026 09:00;1\n05/04/2026 09:00;2\n"
    with pytest.raises(Asked) as asked:
        read(text, mapping=MAPPING)
    assert (asked.value.field, asked.value.message.params) == ("date_order", {"value": "03/04/2026 09:00"})
    assert clocks(read(text, mapping=MAPPING, order="dmy")) == ["03 09:00", "05 09:00"]
    assert clocks(read(text, mapping=MAPPING, date_order="mdy")) == ["04 09:00", "04 09:00"]
    # One date that can be only one thing answers for all, whatever was said.
    said = text + "13/04/2026 09:00;3\n"
    assert clocks(read(said, mapping=MAPPING, order="mdy")) == ["03 09:00", "05 09:00", "13 09:00"]


def test_day_and_time_of_day_in_columns_of_their_own():
    text = "Date;Heure;T\n13/07/2026;09:00;1\n13/07/2026;09:10:30;2\n"
    parcel = read(text, mapping={"Date": "date", "Heure": "time", "T": WARM}, timezone="Europe/Paris")
    assert clocks(parcel) == ["13 07:00", "13 07:10"]


def test_numbers_are_read_as_the_whole_column_says():
    text = "Time;T;P\n2026-07-13 09:00;1.234,5;1.013\n2026-07-13 09:10;12,5 °C;1.013,5\n2026-07-13 09:20;70 °F;n/a\n"
    parcel = read(text.replace("1.234", "1.0"), mapping=MAPPING)
    assert parcel.rejected == {"value": 1}  # 1.0,5 is no number
    assert [reading.result for reading in parcel.readings] == [1013, 12.5, 1013.5, pytest.approx(21.11, 0.01), None]


def test_a_log_that_began_again_keeps_what_came_before_and_says_so():
    text = "Time (seconds),temp\n0,20\n10,21\n0,5\n10,6\n20,7\n"
    parcel = read(text, START, mapping=LOG)
    assert [reading.result for reading in parcel.readings] == [20, 21]
    assert parcel.rejected == {"restarted": 3}


def microbit(rows):
    head = b"<html><script>FS_START</script><!--FS_START"
    mark = b"UBIT_LOG_FS_V_002\n"
    head_of_log = mark + b"x" * (29 - len(mark)) + b"0x%08x" % (2048 + 60)
    return head + head_of_log.ljust(60, b" ") + rows + b"\xff" * 20


def test_the_log_of_a_microbit_that_began_again_is_no_other():
    parcel = read(microbit(b"Time (seconds),temp\n0,20\n10,21\n0,5\n"), START, mapping=LOG)
    assert ([reading.result for reading in parcel.readings], parcel.rejected) == ([20, 21], {"restarted": 1})


LATER = b"Time (seconds),temp\n0,20\n10,21\nTime (seconds),temp,light\n20,22,300\n"


@pytest.mark.parametrize("data", [LATER, microbit(LATER)], ids=["csv", "htm"])
def test_a_column_that_came_later_hides_no_row_before_it(data):
    parcel = read(data, START, mapping=LOG)
    assert [reading.result for reading in parcel.readings] == [20, 21, 22, 300]
    assert parcel.rejected == {}


@pytest.mark.parametrize(
    ("unit", "minute"), [("seconds", 0), ("minutes", 2), ("hours", 120), ("days", 2880), ("milliseconds", 0)]
)
@pytest.mark.parametrize("meaning", ["seconds", "minutes"])
def test_a_log_counts_in_what_its_header_says(unit, minute, meaning):
    """Also when the feed was made with a log in another unit, or somebody chose the wrong one."""
    body = f"Time ({unit}),temp\n0,20\n2,21\n"
    for name in (f"Time ({unit})", "Time (seconds)"):
        parcel = read(body, START, mapping={name: meaning, "temp": WARM})
        assert int((parcel.readings[1].time - START).total_seconds() // 60) == minute


def test_a_counter_of_weeks_in_milliseconds_is_read():
    parcel = read("Time (ms),temp\n0,20\n1814400000,21\n", START, mapping={"Time (ms)": "milliseconds", "temp": WARM})
    assert (parcel.readings[1].time - START).days == 21


def test_a_header_without_a_unit_counts_as_the_feed_says():
    parcel = read("elapsed,temp\n0,20\n2,21\n", START, mapping={"elapsed": "minutes", "temp": WARM})
    assert (parcel.readings[1].time - START).total_seconds() == 120


@pytest.mark.parametrize(("header", "said"), [
    ("Time (minutes)", "minutes"), ("seconds", "seconds"), ("uptime_ms", "milliseconds"), ("Temps (heures)", "hours"),
    ("Time (days)", "days"), ("Time", ""), ("temperature", ""),
    ("Day", ""), ("Heures", ""), ("humidity h", ""), ("Timer s", "seconds"),
])  # fmt: skip
def test_what_a_header_counts(header, said):
    assert step(header) == said


def test_when_a_logger_was_started_is_local_time_and_asked_for():
    with pytest.raises(Asked) as asked:
        read("Time (seconds),temp\n0,20\n", mapping=LOG)
    assert asked.value.field == "start_time"
    assert started("2026-07-13T09:00", "Europe/Madrid") == datetime(2026, 7, 13, 7, tzinfo=UTC)
    assert started("13/07/2026 09:00", "Europe/Madrid") == datetime(2026, 7, 13, 7, tzinfo=UTC)
    assert started("2026-07-13T09:00Z", "Europe/Madrid") == datetime(2026, 7, 13, 9, tzinfo=UTC)
    assert [started(text) for text in ("03/04/2026 09:00", "yesterday", "")] == [None, None, None]


def test_loggers_with_the_same_columns_are_told_apart():
    text = "Time,T\n2026-07-13 09:00,1\n"
    one, other = (read(text, mapping=MAPPING, device=name).readings[0] for name in ("1", "2"))
    assert one.station != other.station


def test_preambles_and_cut_rows():
    text = "Logger X\n\nTime,Name,T\n2026-07-13 09:00,Jeanne,1\n2026-07-13 09:10\n2026-07-13 09:20,Jeanne,3\n"
    parcel = read(text, mapping=MAPPING)
    assert ([reading.result for reading in parcel.readings], parcel.rejected) == ([1, 3], {"columns": 1})
    with pytest.raises(FeedError):
        read("a,b\n1,2\n", mapping=MAPPING)


def test_a_hundred_thousand_values_are_read():
    rows = "".join(f"{n},{n % 50}\n" for n in range(100_000))
    assert len(read("Time (seconds),temp\n" + rows, START, mapping=LOG).readings) == 100_000


def test_a_column_says_how_its_numbers_are_written_before_the_file_does():
    text = "Time;T;P\n2026-07-13 09:00;20.5;1.013\n2026-07-13 09:10;21.5;1.013,5\n2026-07-13 09:20;22.5;n/a\n"
    assert [one.result for one in read(text, mapping=MAPPING).readings] == [20.5, 1013, 21.5, 1013.5, 22.5, None]


def test_the_file_says_it_for_a_column_that_does_not():
    found = read("Time;T;P\n2026-07-13 09:00;20,5;1.013\n", mapping=MAPPING).readings
    assert [one.result for one in found] == [20.5, 1013]
