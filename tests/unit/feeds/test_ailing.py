"""Sensors and files in trouble keep nothing from the others; only a source that answers nobody ends a run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from ckanext.steamcity.harvesters.feeds import FeedFile, Known, Unreachable, adapter
from ckanext.steamcity.harvesters.feeds.reader import MOST_TROUBLES, read
from ckanext.steamcity.harvesters.feeds.unread import PATIENCE, TRIES, Unread
from feed_web import Web, source
from test_opensensemap import BOX, DUST, WARM, series, service, web

TODAY = date(2026, 3, 10)


def refuse(path):
    raise Unreachable("The source answered 500.", "refused")


class Days:
    """One file for each name, in the order they are asked for; those in `ailing` answer 403."""

    def __init__(self, *ailing: str) -> None:
        self.asked: list[str] = []
        self.ailing = ailing

    def fetch(self, _source, file):
        self.asked.append(file.path)
        if file.path in self.ailing or file.sensor in self.ailing:
            raise Unreachable("The archive answered 403.", "refused")
        return file.path.encode()

    def readings(self, _file, _data, _report):
        return iter(())

    def joined(self, files):
        return files

    def read(self, files, again=()):
        """What was asked for, what could not be had, and whether the source was given up."""
        unread, given_up = [], False
        try:
            for piece in read(self, source(Web({}), "opensensemap"), files, again=again):
                if piece.trouble:
                    unread.append(piece.file.path)
        except Unreachable:
            given_up = True
        return self.asked, unread, given_up


def files(*names, sensor=None):
    return [FeedFile(TODAY, name, sensor or name, "x") for name in names]


def test_five_files_that_are_never_given_stop_nobody():
    bad, good = files(*"abcde"), files(*"uvwxyz")
    asked, unread, given_up = Days(*"abcde").read(good, again=bad)
    assert (asked, unread, given_up) == ([*"uvwxyz", *"abcde"], [*"abcde"], False)


def test_a_source_that_answers_nobody_is_left_alone():
    everything = files(*"abcdefghij")
    assert Days(*"abcdefghij").read(everything) == ([*"abcde"], [*"abcde"], True)
    assert Days(*"abcdefghij").read([], again=everything) == ([*"abcde"], [*"abcde"], True)
    assert Days(*"bcdefghij").read(everything) == ([*"abcdef"], [*"bcdef"], True)  # it has fallen silent
    assert Days("x").read(files(*"abcdefghi", sensor="x"))[1:] == ([*"abcdefghi"], True)  # its only sensor


def test_one_sensor_in_trouble_is_left_alone_and_the_others_are_read():
    ailing, well = files(*"abcdefghi", sensor="x"), files(*"uv")
    asked, unread, given_up = Days("x").read(ailing + well)
    assert (asked, unread, given_up) == ([*"abcdeuv"], [*"abcdefghi"], False)
    assert MOST_TROUBLES == 5


def later(unread, feed):
    """Asked for when everything else has been."""
    yield from unread.again(feed)


def test_a_feed_with_an_ailing_sensor_goes_on_for_days():
    """What a run does, hour by hour: the sensor that always answers 500 costs one request a run."""
    start = datetime(2026, 3, 10, tzinfo=UTC)
    times = series(600, start=start - timedelta(hours=20))
    left: list = []
    newest: dict = {}
    for hour in range(48):
        now = start + timedelta(hours=hour)
        pages = web()
        pages.pages[f"boxes/{BOX}/data/{DUST}?*"] = service([t for t in times if t <= now])
        pages.pages[f"boxes/{BOX}/data/{WARM}?*"] = refuse
        feed, asked = adapter("opensensemap"), source(pages, "opensensemap", boxes=[BOX])
        asked.now = now
        unread = Unread(left, now.date())
        known = Known(newest=dict(newest), now=now)
        new = (file for file in feed.files(asked, known) if not unread.waits(file))
        for piece in read(feed, asked, new, again=later(unread, feed)):
            if piece.trouble == "unread":
                unread.failed(piece.file)
            else:
                unread.read(piece.file)
            for reading in piece.readings:
                newest[reading.sensor] = max(newest.get(reading.sensor, reading.time), reading.time)
        left = unread.entries
        assert newest[DUST] == max(t for t in times if t <= now)
        assert len([path for path in pages.asked if WARM in path]) <= 2
        assert len(left) <= 2
        assert len(left) == 1 or not hour
        assert left[0]["tries"] == hour + 1  # however its windows are joined
    assert WARM not in newest
    assert Unread(left, date(2026, 6, 1)).give_up()
    # One day it answers, and nothing is missing.
    pages = web([t for t in times if t <= now])
    unread = Unread(left, now.date())
    asked = source(pages, "opensensemap", boxes=[BOX])
    asked.now = now
    list(adapter("opensensemap").files(asked, Known(now=now)))
    got = [r.time for piece in read(feed, asked, unread.again(feed)) for r in piece.readings]
    assert set(got) == {t for t in times if t <= now}


def test_what_was_tried_least_comes_first_and_what_failed_just_now_waits_for_the_next_run():
    tried = [dict(file.to_dict(), tries=n, first="2026-03-01") for n, file in enumerate(reversed(files(*"abc")))]
    unread = Unread(tried, TODAY)
    (new,) = files("n")
    unread.failed(new)
    assert [file.path for file in unread.again(Days())] == ["c", "b", "a"]
    assert {entry["path"]: entry["tries"] for entry in unread.entries} == {"c": 0, "b": 1, "a": 2, "n": 1}


def test_a_new_file_of_a_sensor_in_trouble_waits_and_is_kept_at_once():
    unread = Unread([file.to_dict() for file in files("a", sensor="x")], TODAY)
    other, same = files("b", sensor="y") + files("c", sensor="x")
    assert [unread.waits(file) for file in (other, same)] == [False, True]
    assert [entry["path"] for entry in unread.entries] == ["a", "c"]


@pytest.mark.parametrize(
    ("tries", "days", "given_up"),
    [(TRIES, PATIENCE.days + 1, True), (TRIES - 1, 400, False), (1000, PATIENCE.days, False)],
)
def test_it_is_given_up_after_many_tries_over_a_long_time(tries, days, given_up):
    first = (TODAY - timedelta(days=days)).isoformat()
    unread = Unread([dict(file.to_dict(), tries=tries, first=first) for file in files("a")], TODAY)
    assert [file.path for file in unread.give_up()] == (["a"] if given_up else [])
    assert [entry["path"] for entry in unread.entries] == ([] if given_up else ["a"])


def test_windows_of_one_sensor_are_joined_and_nothing_between_is_lost():
    feed = adapter("opensensemap")
    pages = web()
    known = Known(now=datetime(2026, 3, 10, 12, tzinfo=UTC))
    windows = [f for f in feed.files(source(pages, "opensensemap", boxes=[BOX]), known) if f.sensor == WARM]
    assert len(windows) == 2
    (joined,) = feed.joined([*windows, *windows])
    assert (joined.about["from"], joined.about["to"]) == (windows[0].about["from"], windows[1].about["to"])
    other = FeedFile(TODAY, "x", WARM, "x", windows[1].about | {"channel": "air_temperature:[degF]"})
    assert len(feed.joined([*windows, other])) == 2


def test_five_sensors_in_a_row_and_not_five_in_all():
    """Where healthy ones answer in between, the source is well."""
    assert Days(*"abcde").read(files(*"aubvcwdxey")) == ([*"aubvcwdxey"], [*"abcde"], False)


def test_five_troubles_of_one_sensor_in_a_row_and_not_five_in_all():
    assert Days(*"acegi").read(files(*"abcdefghij", sensor="x")) == ([*"abcdefghij"], [*"acegi"], False)


def windows():
    feed = adapter("opensensemap")
    known = Known(now=datetime(2026, 3, 10, 12, tzinfo=UTC))
    asked = feed.files(source(web(), "opensensemap", boxes=[BOX]), known)
    return feed, [one for one in asked if one.sensor == WARM]


def window(like, begin, end):
    about = like.about | {"from": begin.isoformat(), "to": end.isoformat()}
    return FeedFile(TODAY, f"w{begin}", WARM, "x", about)


def test_a_window_within_another_takes_nothing_from_it():
    feed, found = windows()
    (joined,) = feed.joined(found)
    (again,) = feed.joined([joined, found[0]])
    assert again.about["to"] == joined.about["to"]


def test_windows_that_are_apart_or_too_long_together_stay_two():
    feed, found = windows()
    end = datetime.fromisoformat(found[-1].about["to"])
    later = window(found[0], end + timedelta(days=1), end + timedelta(days=2))
    assert len(feed.joined([*found, later])) == 2
    start, week = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=7)
    weeks = feed.joined([window(found[0], start + n * week, start + (n + 1) * week) for n in range(6)])
    assert [one.about["to"][:10] for one in weeks] == ["2026-01-29", "2026-02-12"]
