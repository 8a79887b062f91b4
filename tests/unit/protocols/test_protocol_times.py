"""Dates, clocks and zones: what is read, what is asked, what happens when the clocks change."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.times import iso, parse
from protocol_files import NOW, co2_rows, csv_text

CO2 = protocols.load("co2-indoor")


def check(times: list[str], header: str = "time", **hints) -> protocols.Report:
    rows = [[f'"{time}"', str(600 + i % 90), "20.1", "41"] for i, time in enumerate(times)]
    return protocols.check_file(
        csv_text(rows, [header, "co2", "temperature", "humidity"]).encode(), CO2, hints=hints, now=NOW
    )


def stamps(report: protocols.Report) -> list[str]:
    return [f"{row['time']:%Y-%m-%dT%H:%M:%SZ}" for row in report.clean.rows]


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-03T07:05:00Z",
        "2026-03-03 07:05:00+00:00",
        "2026-03-03T08:05:00+01:00",
        "2026-03-03T09:05+02:00",
        "2026/03/03 07:05:00Z",
        "20260303T0705Z",
        "03/03/2026 07:05:00Z",
        "3.3.2026, 07:05 UTC",
        "03-03-26 07h05Z",
        "3/3/2026 7:05 AM UTC",
        "2026-03-03T07:05:00.000Z",
        "1772521500",
        "1772521500000",
    ],
)
def test_one_moment_in_many_forms(written):
    report = check([written] * 2, decisions={"duplicate_time": "keep"})
    assert report.ok, report.to_dict()
    assert stamps(report)[0] == "2026-03-03T07:05:00Z"


@pytest.mark.parametrize(
    "written", ["2026-13-01 07:00", "32/01/2026", "07:05", "2026-03-03 25:00", "3 13 pm", "2026-03-03T"]
)
def test_what_is_no_time(written):
    value = parse(written)
    report = check([written], timezone="UTC", date_order="dmy")
    assert value is None or report.counts.get("bad_time") == 1


def test_pm_and_twelve():
    assert stamps(check(["3/3/2026 12:05 AM UTC", "3/3/2026 12:05 PM UTC"])) == [
        "2026-03-03T00:05:00Z",
        "2026-03-03T12:05:00Z",
    ]


def test_ambiguous_order_is_asked_and_answered():
    times = [f"04/03/2026 08:{m:02d}" for m in range(10, 20)]
    report = check(times, timezone="UTC")
    assert [question.code for question in report.questions] == ["date_order"]
    assert [value for value, _message in report.questions[0].choices] == ["dmy", "mdy"]
    assert not report.ok
    assert stamps(check(times, timezone="UTC", date_order="dmy"))[0].startswith("2026-03-04")
    assert stamps(check(times, timezone="UTC", date_order="mdy"))[0].startswith("2026-04-03")


def test_one_date_decides_the_order_of_all():
    assert stamps(check(["02/03/2026 08:00", "13/03/2026 08:00"], timezone="UTC"))[0].startswith("2026-03-02")
    assert stamps(check(["02/03/2026 08:00", "02/13/2026 08:00"], timezone="UTC"))[0].startswith("2026-02-03")


def test_dates_that_contradict_each_other_are_not_guessed():
    report = check(["13/02/2026 08:00", "02/13/2026 08:00"], timezone="UTC")
    assert not report.ok


def test_points_are_day_first_and_same_numbers_need_no_question():
    assert stamps(check(["04.03.2026 08:00"], timezone="UTC")) == ["2026-03-04T08:00:00Z"]
    assert check(["03/03/2026 08:00"], timezone="UTC").questions == []


def test_local_time_without_zone_is_asked():
    report = check(["2026-03-03 08:00"])
    assert [question.code for question in report.questions] == ["timezone"]
    assert stamps(check(["2026-03-03 08:00"], timezone="Europe/Sofia")) == ["2026-03-03T06:00:00Z"]
    assert stamps(check(["2025-07-03 08:00"], timezone="UTC+01:00")) == ["2025-07-03T07:00:00Z"]
    assert check(["2026-03-03 08:00"], timezone="Mars/Olympus").questions


def test_the_hour_that_never_comes():
    times = ["2026-03-29 01:55", "2026-03-29 02:00", "2026-03-29 02:05", "2026-03-29 03:00"]
    report = check(times, timezone="Europe/Paris")
    assert [(f.code, f.row) for f in report.findings if f.severity == "error"] == [
        ("missing_hour", 3),
        ("missing_hour", 4),
    ]
    report = check(times, timezone="Europe/Paris", decisions={"missing_hour": "leave_out"})
    assert stamps(report) == ["2026-03-29T00:55:00Z", "2026-03-29T01:00:00Z"]
    assert check(times, timezone="UTC+01:00").ok


@pytest.mark.parametrize("step", [5, 30, 60])
def test_the_hour_that_comes_twice(step):
    instants = [datetime(2025, 10, 25, 22, 0, tzinfo=UTC).timestamp() + step * 60 * i for i in range(360 // step)]
    from zoneinfo import ZoneInfo

    local = [datetime.fromtimestamp(t, ZoneInfo("Europe/Paris")).strftime("%Y-%m-%d %H:%M") for t in instants]
    report = check(local, timezone="Europe/Paris")
    doubled = [f for f in report.findings if f.code == "doubled_hour"]
    assert [f.count for f in doubled] == [120 // step]
    assert report.ok, report.to_dict()
    assert stamps(report) == [iso(int(t) * 1000) for t in instants]
    assert sum(row["quality_flag"] == 3 for row in report.clean.rows) == 120 // step


def test_date_and_clock_in_two_columns():
    rows = [[*row[0].rstrip("Z").split("T"), *row[1:]] for row in co2_rows()]
    for names in (["Date", "Heure"], ["Data", "Ora"], ["Fecha", "Hora"], ["Дата", "Час"], ["date", "time"]):
        text = csv_text(rows, [*names, "co2", "temperature", "humidity"])
        report = protocols.check_file(text.encode(), CO2, hints={"timezone": "UTC"}, now=NOW)
        assert report.ok, names
        assert stamps(report)[:2] == ["2026-03-02T07:00:00Z", "2026-03-02T07:05:00Z"]
        assert [column.how for column in report.columns][:2] == ["combined", "combined"]


def test_seconds_since_start_ask_for_the_start():
    steps = [f"{300 * i}.00" for i in range(60)]
    report = check(steps, header="Time (seconds)")
    assert [question.code for question in report.questions] == ["start_time"]
    report = check(steps, header="Time (seconds)", start_time="2026-03-03T08:00", timezone="Europe/Paris")
    assert report.ok
    assert stamps(report)[:2] == ["2026-03-03T07:00:00Z", "2026-03-03T07:05:00Z"]


def test_another_interval_is_noted_once():
    times = [f"2026-03-03T{m // 60:02d}:{m % 60:02d}:00Z" for m in range(0, 600, 10)]
    report = check(times)
    assert [f.code for f in report.findings] == ["other_interval"]


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Paris", "2026-01-12", "2026-01-13"),
        ("Europe/Sofia", "2026-01-12", "2026-01-13"),
        ("UTC+01:00", "2026-01-12", "2026-01-13"),
        ("UTC", "2026-01-12", "2026-01-12"),
        ("America/New_York", "2026-01-12", "2026-01-12"),
    ],
)
def test_the_period_is_told_in_days_of_the_place(zone, start, end):
    """Times from midnight to midnight of the class's own calendar, as its logger wrote them or in UTC."""
    protocol = protocols.load("co2-indoor")
    utc = zone in ("UTC", "America/New_York")
    rows = [["2026-01-12T05:00:00Z" if utc else "2026-01-12 00:00:00", "620", "20.0", "41.0"]]
    rows += [["2026-01-12T23:00:00Z" if utc else "2026-01-13 00:00:00", "630", "20.1", "41.5"]]
    report = protocols.check_file(csv_text(rows).encode(), protocol, hints={"timezone": zone}, now=NOW)
    assert report.clean is not None
    assert (str(report.clean.period_start), str(report.clean.period_end)) == (start, end)
    shown = report.to_dict()["clean"]
    assert (shown["period_start"], shown["period_end"]) == (start, end)


def test_days_written_as_dates_stay_these_days():
    protocol = protocols.load("trees-vs-cars")
    data = protocols.template_csv(protocol, "en")
    days = {
        str(
            protocols.check_file(
                data, protocol, hints={"timezone": zone}, now=NOW + timedelta(days=400)
            ).clean.period_start
        )
        for zone in ("UTC", "Pacific/Auckland", "America/New_York")
    }
    assert len(days) == 1


@pytest.mark.parametrize(
    "written",
    [
        "22.03.2026 г. 08:00",
        "22.03.2026 г., 08:00 ч.",
        "22 mars 2026 08:00",
        "dimanche 22 mars 2026 à 8h00",
        "22-mar-2026 08:00",
        "22 Mar 2026 08:00",
        "Mar 22, 2026 08:00:00 AM",
        "March 22nd, 2026 at 8:00 am",
        "22 marzo 2026 alle ore 8:00",
        "22 de marzo de 2026 8:00",
        "22 март 2026 г. 08:00",
        "неделя, 22 март 2026 г., 08:00",
        "22/03/2026 à 08:00",
        "22/03/2026 8:00:00 a. m.",
        "22/03/2026 8:00 пр.об.",
        "08:00 22/03/2026",
        "08:00:00 2026-03-22",
        "22 03 2026 08:00",
    ],
)
def test_dates_with_words(written):
    report = check([written] * 2, timezone="UTC", decisions={"duplicate_time": "keep"})
    assert report.questions == []
    assert stamps(report) == ["2026-03-22T08:00:00Z"] * 2


@pytest.mark.parametrize(
    ("month", "words"),
    [
        (1, "Jan janvier gennaio enero януари"),
        (2, "Feb févr. febbraio febrero февруари"),
        (4, "April avril aprile abr. апр."),
        (5, "May mai maggio mayo май"),
        (6, "June juin giu. junio юни"),
        (7, "Jul juillet luglio julio юли"),
        (8, "August août agosto ago. август"),
        (9, "Sept. septembre settembre septiembre септември"),
        (10, "Oct octobre ottobre octubre октомври"),
        (11, "Nov novembre noviembre ноември"),
        (12, "Dec décembre dicembre diciembre декември"),
    ],
)
def test_months_in_five_languages(month, words):
    for word in words.split():
        assert parse(f"3 {word} 2025 08:00") == parse(f"2025-{month:02d}-03 08:00"), word


def test_a_tuesday_in_march_and_words_that_are_no_date():
    assert parse("mar. 24 mars 2026 08:00") == parse("2026-03-24 08:00")
    for written in ("22 foo 2026", "mar 2026", "Moyenne", "8 mars", "mars mars 2026", "22/03/2026 maybe 08:00"):
        assert parse(written) is None, written


@pytest.mark.parametrize("cell", ["1 " * 50, "mar " * 25, "a. m." * 20, "1:00" * 25, "1/" * 50, "#03#" * 20, "-" * 100])
def test_no_cell_is_read_for_long(cell):
    begun = time.process_time()
    for size in range(len(cell)):
        parse(cell[:size])
    assert time.process_time() - begun < 0.5


def test_the_order_of_a_start_is_asked():
    steps = [f"{300 * i}" for i in range(60)]
    report = check(steps, header="Time (seconds)", start_time="03/04/2026 08:00", timezone="UTC")
    assert [question.code for question in report.questions] == ["date_order"]
    answered = check(steps, "Time (seconds)", start_time="03/04/2026 08:00", timezone="UTC", date_order="dmy")
    assert stamps(answered)[0] == "2026-04-03T08:00:00Z"
    assert stamps(check(steps, "Time (s)", start_time="22/03/2026 08:00", timezone="UTC"))[0] == "2026-03-22T08:00:00Z"


@pytest.mark.parametrize(
    ("header", "step", "unit"),
    [
        ("Time (days)", 1 / 288, "days"),
        ("Time (minutes)", 5, "minutes"),
        ("Time (hours)", 1 / 12, "hours"),
        ("Time (milliseconds)", 300_000, "milliseconds"),
        ("Temps (heures)", 1 / 12, "hours"),
        ("Tiempo (minutos)", 5, "minutes"),
        ("Tempo (giorni)", 1 / 288, "days"),
        ("Време (минути)", 5, "minutes"),
        ("Time", 300, "seconds"),
        ("Time", 5, "minutes"),
        ("Time", 300_000, "milliseconds"),
    ],
)
def test_times_counted_in_any_unit(header, step, unit):
    steps = [f"{step * i:.6f}".rstrip("0").rstrip(".") for i in range(60)]
    assert [question.code for question in check(steps, header=header).questions] == ["start_time"]
    report = check(steps, header=header, start_time="2026-03-03T08:00Z")
    assert report.ok, report.to_dict()
    assert stamps(report)[1] in ("2026-03-03T08:05:00Z", "2026-03-03T08:04:59Z")
    assert "other_interval" not in report.counts


def test_a_count_whose_unit_nobody_can_tell_is_one_finding():
    report = check([str(i) for i in range(60)], header="Time")
    assert [(f.code, f.count) for f in report.findings] == [("time_unit", 60)]
    assert not report.ok


@pytest.mark.parametrize("header", ["Дата/час", "Data/ora", "Fecha/hora", "Date/heure", "Date/time", "Дата час"])
def test_words_for_the_hour_are_no_units_in_names_of_times(header):
    assert check(["2026-03-03 08:00", "2026-03-03 08:05"], header=header, timezone="UTC").columns[0].column == "time"


def test_tuesday_and_march_are_written_alike():
    assert parse("mar 24 mar 2026 08:00") == parse("2026-03-24 08:00")


@pytest.mark.parametrize("month", ["March", "mars", "marzo", "март"])
def test_march_in_full(month):
    assert parse(f"3 {month} 2025 08:00") == parse("2025-03-03 08:00")


@pytest.mark.parametrize("month", ["juil.", "lug.", "юли"])
def test_july_in_short(month):
    assert parse(f"3 {month} 2025 08:00") == parse("2025-07-03 08:00")
