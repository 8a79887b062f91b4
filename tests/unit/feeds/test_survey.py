"""What a survey of the archive asks for, when a sensor has ended, when a part does not answer."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from ckanext.steamcity.harvesters.feeds import Known, Unreachable, adapter
from ckanext.steamcity.harvesters.feeds.reader import read
from feed_web import NOW, Web, source

HEADER = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2\n"
DAYS = [date(2026, 3, 8) - timedelta(days=n) for n in range(399)]


def listing(*names):
    return "".join(f'<a href="{name}">x</a>' for name in names).encode()


def archive(days=DAYS, **last):
    """Days with a file of each sensor up to its `last` day."""
    pages = {"": listing(*(f"{day}/" for day in days))}
    for day in days:
        alive = [sensor for sensor, end in last.items() if day <= end]
        for sensor in alive:
            row = f"{sensor[1:]};SDS011;90{sensor[1:]};43.529;5.447;{day}T07:00:10;12.50;;;4.25;;\n"
            pages[f"{day}/{day}_sds011_sensor_{sensor[1:]}.csv"] = (HEADER + row).encode()
        pages[f"{day}/"] = listing(*(f"{day}_sds011_sensor_{sensor[1:]}.csv" for sensor in alive))
    return Web(pages)


def survey(pages, notes, *sensors):
    """Codes of the stations, and how many requests it took; `notes` as they are kept from run to run."""
    pages.asked.clear()
    kept = json.loads(json.dumps(notes))
    found = adapter("sensor_community").survey(source(pages, "sensor_community", sensors=sensors, notes=kept))
    notes.clear()
    notes.update(kept)
    return [station.code for station in found.stations], len(pages.asked)


def refuse(path):
    raise Unreachable(f"{path} answered 403.", "refused")


def test_a_sensor_that_ended_a_year_ago_is_looked_for_once():
    pages, notes = archive(s1=DAYS[0], s2=DAYS[0], s3=DAYS[-1]), {}
    assert survey(pages, notes, "1", "2", "3") == (["SC-901", "SC-902", "SC-903"], 1 + 399 + 3)
    assert survey(pages, notes, "1", "2", "3") == (["SC-901", "SC-902", "SC-903"], 1 + 8 + 3)
    # So is one that was never there, and one that is added later.
    assert survey(pages, notes, "1", "4")[1] > 399
    assert survey(pages, notes, "1", "4") == (["SC-901"], 1 + 8 + 1)
    assert survey(pages, notes, "1", "3")[0] == ["SC-901", "SC-903"]


def test_all_sensors_of_an_archive_are_looked_for_once():
    pages, notes = archive(s1=DAYS[0], s3=DAYS[-1]), {}
    assert survey(pages, notes)[0] == ["SC-901", "SC-903"]
    assert survey(pages, notes) == (["SC-901", "SC-903"], 1 + 8 + 2)


def test_a_sensor_that_speaks_again_is_where_it_speaks():
    pages, notes = archive(s1=DAYS[0], s3=DAYS[-1]), {}
    survey(pages, notes, "1", "3")
    day = DAYS[0]
    pages.pages[f"{day}/"] = listing(f"{day}_sds011_sensor_1.csv", f"{day}_sds011_sensor_3.csv")
    row = f"3;SDS011;977;43.6;5.5;{day}T07:00:10;12.50;;;4.25;;\n"
    pages.pages[f"{day}/{day}_sds011_sensor_3.csv"] = (HEADER + row).encode()
    assert survey(pages, notes, "1", "3") == (["SC-901", "SC-977"], 1 + 1 + 2)


def move_to_its_year(pages):
    """The oldest day of sensor 3, as the archive does it in a new year."""
    old = DAYS[-1]
    data = pages.pages.pop(f"{old}/{old}_sds011_sensor_3.csv")
    pages.pages[f"{old}/"] = listing(f"new_{old}_x")
    pages.pages[""] = listing("2025/", *(f"{day}/" for day in DAYS[:-1]))
    pages.pages |= {
        "2025/": listing(f"{old}/"), f"2025/{old}/": listing(f"{old}_sds011_sensor_3.csv"),
        f"2025/{old}/{old}_sds011_sensor_3.csv": data,
    }  # fmt: skip


def test_a_file_that_has_moved_to_its_year_is_looked_for_again():
    pages, notes = archive(s1=DAYS[0], s3=DAYS[-1]), {}
    survey(pages, notes, "1", "3")
    move_to_its_year(pages)
    kept = json.loads(json.dumps(notes))
    found = adapter("sensor_community").survey(source(pages, "sensor_community", sensors=("1", "3"), notes=kept))
    assert [type(trouble) for trouble in found.troubles] == [Unreachable]  # so that nobody is called gone
    assert survey(pages, notes, "1", "3")[0] == ["SC-901"]
    assert survey(pages, notes, "1", "3")[0] == ["SC-901", "SC-903"]


def test_a_survey_of_a_source_that_answers_nobody_ends():
    pages = archive(DAYS[:20], **{f"s{n}": DAYS[0] for n in range(1, 9)})
    for path in list(pages.pages):
        if path.endswith(".csv"):
            pages.pages[path] = refuse
    with pytest.raises(Unreachable):
        survey(pages, {})
    assert len([path for path in pages.asked if path.endswith(".csv")]) == 5
    for path in list(pages.pages):
        if path:
            pages.pages[path] = refuse
    with pytest.raises(Unreachable):
        survey(pages, {})
    assert len(pages.asked) == 1 + 5


def test_five_stations_that_cannot_be_had_do_not_hide_those_before():
    pages = archive(DAYS[:2], **{f"s{n}": DAYS[0] for n in range(1, 9)})
    for number in range(3, 9):
        pages.pages[f"{DAYS[0]}/{DAYS[0]}_sds011_sensor_{number}.csv"] = refuse
    assert survey(pages, {}) == (["SC-901", "SC-902"], 1 + 2 + 2 + 5)


def test_the_index_of_a_day_that_is_never_given_keeps_nothing_from_other_days():
    pages = archive(DAYS[:4], s1=DAYS[0], s2=DAYS[0])
    bad = f"{DAYS[2]}/"
    good, pages.pages[bad] = pages.pages[bad], refuse
    feed, asked = adapter("sensor_community"), source(pages, "sensor_community", sensors=("1",))
    pieces = list(read(feed, asked, feed.files(asked, Known(now=NOW))))
    assert [(piece.file.day, piece.trouble) for piece in pieces] == [
        (DAYS[3], None), (DAYS[2], "unread"), (DAYS[1], None), (DAYS[0], None),
    ]  # fmt: skip
    pages.pages[bad] = good
    again = [piece for piece in pieces if piece.trouble][0].file
    assert [r.time.date() for p in read(feed, asked, [again]) for r in p.readings] == [DAYS[2], DAYS[2]]


def test_all_sensors_are_looked_for_where_some_were_named_before():
    pages, notes = archive(s1=DAYS[0], s3=DAYS[-1]), {}
    survey(pages, notes, "1")
    assert survey(pages, notes)[0] == ["SC-901", "SC-903"]


def test_a_file_that_has_moved_is_looked_for_again_where_no_sensor_was_named():
    pages, notes = archive(s1=DAYS[0], s3=DAYS[-1]), {}
    survey(pages, notes)
    move_to_its_year(pages)
    assert survey(pages, notes)[0] == ["SC-901"]
    assert survey(pages, notes)[0] == ["SC-901", "SC-903"]
