"""Readings that devices send: the address, its token, its limits, and what is in the tables afterwards."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckan.tests import factories
from ckan.tests.helpers import call_auth
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity.harvesters import config, dataset, push
from ckanext.steamcity.harvesters.cli import steamcity_feed
from ckanext.steamcity.sensors import query, runs
from h3 import latlng_to_cell
from sensor_world import call_action

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

HOME = "cell:" + latlng_to_cell(43.529, 5.447, 8)


def make_feed(profile="steamcity", name="feed-push", **more):
    config = {"provider": "push", "profile": profile, "license_id": "CC-BY-4.0", "place": HOME} | more
    made = call_action(
        "harvest_source_create",
        url=f"https://portal.example/{name}",
        name=name,
        title="Sensors of a school",
        owner_org=factories.Organization()["id"],
        source_type="steamcity_feed",
        config=json.dumps(config),
    )
    return made["id"]


def token(feed):
    return call_action("steamcity_feed_token_create", source_id=feed)["token"]


def send(app, feed, body, headers, status=202):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return app.post(f"/api/steamcity/push/{feed}", data=data, headers=headers, status=status)


def reading(minute=0, **changes):
    time = datetime.now(UTC).replace(microsecond=0, second=0) - timedelta(hours=1) + timedelta(minutes=minute)
    return {
        "experimentId": "exp of Jeanne",
        "studentName": "Jeanne-Marguerite",
        "sensorType": "Température",
        "value": 20.5,
        "unit": "°C",
        "timestamp": time.isoformat(),
    } | changes


def stored():
    rows = model.Session.execute(
        sa.text(
            "select d.channel, o.phenomenon_time, o.result, o.quality from steamcity_sensors_observation o"
            " join steamcity_sensors_datastream d on d.id = o.datastream_id order by 1, 2"
        )
    ).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


def test_a_push_asks_for_nothing_it_does_not_need(app, monkeypatch):
    """Two hundred devices wait for one another: what a feed holds altogether is none of their business."""
    feed = make_feed()
    headers = {"X-Push-Token": token(feed)}
    send(app, feed, [reading()], headers)

    def never(*_arguments, **_more):
        raise AssertionError("asked for under the lock")

    monkeypatch.setattr(query, "summary", never)
    monkeypatch.setattr(runs, "show", never)
    assert send(app, feed, [reading(10)], headers).json["new"] == 1


def test_a_push_is_in_the_tables_when_its_receipt_is_given_and_again_changes_nothing(app, logged):
    feed = make_feed()
    headers = {"Authorization": f"Bearer {token(feed)}"}
    body = [reading(), reading(10, value=21), reading(20, unit="bananas")]
    receipt = send(app, feed, body, headers).json
    assert (receipt["accepted"], receipt["rejected"], receipt["new"]) == (2, 1, 2)
    assert [row["state"] for row in receipt["rows"]] == ["accepted", "accepted", "rejected"]
    before = stored()
    assert [row[2] for row in before] == [20.5, 21]
    again = send(app, feed, body, headers).json
    assert (again["accepted"], again["new"], again["duplicate"]) == (2, 0, 2)
    assert stored() == before
    station = call_action("steamcity_station_list", feed=feed)["results"][0]
    package = call_action("package_show", id=station["dataset_id"])
    assert (package["type"], package["license_id"], int(package["station_count"])) == ("monitoring", "CC-BY-4.0", 1)
    shown = call_action("steamcity_run_show", feed=feed)
    assert shown["run"]["counts"]["pushes"] == 2
    dump = json.dumps([receipt, again, station, package, shown], default=str) + logged.text
    for table in ("station", "datastream", "deployment", "run"):
        dump += repr(model.Session.execute(sa.text(f"select * from steamcity_sensors_{table}")).all())
    assert "jeanne" not in dump.casefold()


def test_a_device_of_which_only_the_quarter_is_known_is_shown_as_the_quarter(app, city):
    """A hexagon in its middle would say where it stands, and wrongly."""
    feed = make_feed(place="area:marseille-belsunce", exposure="outdoor")
    send(app, feed, [reading()], {"X-Push-Token": token(feed)})
    shown = call_action("steamcity_station_list", feed=feed)["results"][0]
    assert (shown["place"], shown["city"]) == ("area:marseille-belsunce", "marseille")
    for area in ("marseille-belsunce", "marseille"):
        assert call_action("steamcity_station_search", area=area)["results"][0]["id"] == shown["id"]
    page = app.get(f"/station/{shown['id']}").get_data(as_text=True)
    assert "Belsunce" in page
    # Shown by a hexagon until now: the same place is told anew, and the station has not moved.
    small = latlng_to_cell(shown["latitude"], shown["longitude"], 9)
    model.Session.execute(sa.text("update steamcity_sensors_deployment set place = :cell"), {"cell": f"cell:{small}"})
    model.Session.commit()
    send(app, feed, [reading(10)], {"X-Push-Token": token(feed)})
    places = model.Session.execute(sa.text("select place from steamcity_sensors_deployment")).scalars().all()
    assert places == ["area:marseille-belsunce"]


def test_devices_that_arrive_together_do_not_each_write_the_dataset(app, monkeypatch):
    """Two hundred devices that are switched on at once would wait for two hundred updates of one page."""
    feed, written = make_feed(), []
    refresh = dataset.refresh
    monkeypatch.setattr(dataset, "refresh", lambda *said, **more: written.append(1) or refresh(*said, **more))
    headers = {"X-Push-Token": token(feed)}
    for device in ("a", "b", "c"):
        send(app, feed, [reading(sensor_id=device)], headers)
    package = call_action("steamcity_station_list", feed=feed)["results"][0]["dataset_id"]
    assert (len(written), int(call_action("package_show", id=package)["station_count"])) == (1, 1)
    connect_to_redis().delete(f"steamcity:push:shown:{feed}")  # a while later
    send(app, feed, [reading(10, sensor_id="a")], headers)
    assert (len(written), int(call_action("package_show", id=package)["station_count"])) == (2, 3)
    connect_to_redis().delete(f"steamcity:push:shown:{feed}")
    send(app, feed, [reading(20, sensor_id="a")], headers)
    assert len(written) == 2


@pytest.mark.parametrize("way", ["bearer", "bare", "own", "basic"])
def test_the_token_opens_in_every_way_devices_send_it(app, way):
    feed = make_feed()
    opening = token(feed)
    headers = {
        "bearer": {"Authorization": f"Bearer {opening}"},
        "bare": {"Authorization": opening},
        "own": {"X-Push-Token": opening},
        "basic": {"Authorization": "Basic " + base64.b64encode(f"any:{opening}".encode()).decode()},
    }[way]
    assert send(app, feed, [reading()], headers).json["accepted"] == 1


def test_without_the_feeds_own_token_nothing_is_taken(app):
    feed, other = make_feed(), make_feed(name="feed-other")
    foreign = token(other)
    for headers in ({}, {"Authorization": f"Bearer {foreign}"}, {"Authorization": "Basic !!!"}, {"X-Push-Token": "x"}):
        send(app, feed, [reading()], headers, 401)
    send(app, "no-such-feed", [reading()], {"Authorization": f"Bearer {foreign}"}, 401)
    assert stored() == []


def test_a_revoked_token_opens_nothing_and_no_token_is_kept(app):
    feed = make_feed()
    opening = token(feed)
    (listed,) = call_action("steamcity_feed_token_list", source_id=feed)
    assert listed["revoked"] is None
    kept = model.Session.execute(sa.text("select plugin_data::text from package where id = :id"), {"id": feed}).scalar()
    everything = kept + json.dumps(call_action("package_show", id=feed), default=str) + json.dumps(listed)
    assert opening not in everything
    assert "sha256" not in json.dumps(call_action("package_show", id=feed), default=str)
    call_action("steamcity_feed_token_revoke", source_id=feed, id=listed["id"])
    send(app, feed, [reading()], {"X-Push-Token": opening}, 401)
    with pytest.raises(tk.ObjectNotFound):
        call_action("steamcity_feed_token_revoke", source_id=feed, id="ffff")


def test_only_those_who_look_after_the_feed_make_tokens_and_try_it():
    feed = make_feed()
    stranger = factories.User()["name"]
    for name in ("token_create", "token_list", "token_revoke", "upload", "preview"):
        with pytest.raises(tk.NotAuthorized):
            call_auth(f"steamcity_feed_{name}", {"user": stranger, "model": model}, source_id=feed)


def test_size_rows_and_rate_are_limited(app, monkeypatch):
    feed = make_feed()
    headers = {"X-Push-Token": token(feed)}
    monkeypatch.setitem(tk.config, "steamcity.push.max_bytes", 2000)
    send(app, feed, b" " * 2001, headers, 413)
    monkeypatch.setitem(tk.config, "steamcity.push.max_rows", 1)
    send(app, feed, [reading(), reading(1)], headers, 413)
    monkeypatch.setitem(tk.config, "steamcity.push.per_minute", 2)
    answer = send(app, feed, [reading()], headers, 429)
    assert answer.headers["Retry-After"] == "60"
    assert stored() == []


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[" * 100_000], ids=["empty", "cut", "html", "deep"])
def test_a_body_that_is_nothing_gets_a_sentence(app, body):
    feed = make_feed()
    answer = send(app, feed, body, {"X-Push-Token": token(feed)}, 400)
    assert answer.json["error"] == "What was sent is not JSON."


def test_a_clock_ahead_is_flagged_and_one_a_day_ahead_refused(app):
    feed = make_feed()
    body = [reading(), reading(90), reading(26 * 60), reading(timestamp="1970-01-01T00:00:00Z")]
    receipt = send(app, feed, body, {"X-Push-Token": token(feed)}).json
    assert [row.get("reason") for row in receipt["rows"]] == [None, None, "future", "past"]
    assert receipt["rows"][1]["flags"] == ["date"]
    assert [row[3] for row in stored()] == [1, 4]


def test_an_airrohr_posts_unchanged(app):
    feed = make_feed("airrohr", exposure="outdoor")
    body = {"software_version": "NRZ", "sensordatavalues": [{"value_type": "SDS_P1", "value": "1.87"}]}
    basic = "Basic " + base64.b64encode(f"school:{token(feed)}".encode()).decode()
    send(app, feed, body, {"Authorization": basic, "X-Sensor": "esp8266-123456", "X-MAC-ID": "esp8266-aabbcc"})
    (row,) = stored()
    assert (row[0], row[2]) == ("pm10", 1.87)
    assert abs(row[1] - datetime.now(UTC)) < timedelta(minutes=1)
    (station,) = call_action("steamcity_station_list", feed=feed)["results"]
    assert "123456" not in json.dumps(station)


def test_an_uplink_sent_again_is_a_duplicate_whenever_it_was_received(app):
    feed = make_feed("ttn")
    headers = {"X-Push-Token": token(feed)}

    def uplink(received):
        message = {"session_key_id": "AZ", "f_cnt": 7, "received_at": received}
        message["normalized_payload"] = [{"air": {"temperature": 20}}]
        return {"end_device_ids": {"dev_eui": "22D11357891CB769"}, "uplink_message": message}

    assert send(app, feed, uplink("2026-03-10T11:00:00Z"), headers).json["new"] == 1
    assert send(app, feed, uplink("2026-03-10T11:05:00Z"), headers).json["duplicate"] == 1
    assert len(stored()) == 1


def test_a_file_is_taken_like_a_push_and_tried_first(app):
    mapping = {"Zeit": "time", "T": {"property": "air_temperature", "unit": "°C"}}
    feed = make_feed("csv", mapping=mapping, timezone="Europe/Berlin")
    text = "Zeit;T;Name\n2026-03-02 08:00;12,5;Jeanne\n2026-03-02 08:10;12,7;Jeanne\n"
    tried = call_action("steamcity_feed_upload", source_id=feed, text=text, dry_run=True)
    assert (tried["readings"], len(tried["stations"]), stored()) == (2, 1, [])
    receipt = call_action("steamcity_feed_upload", source_id=feed, text=text)
    assert receipt["new"] == 2
    assert [row[1].astimezone(UTC).hour for row in stored()] == [7, 7]
    with pytest.raises(tk.ValidationError):
        call_action("steamcity_feed_upload", source_id=feed, text="nonsense")


def test_devices_that_push_together_lose_nothing(app):
    feed = make_feed()
    source = HarvestSource.get(feed)
    assert source
    bodies = [json.dumps([reading(n % 60, experimentId=f"d{n}")]).encode() for n in range(40)]

    def one(body):
        try:
            with app.flask_app.test_request_context():
                return push.receive(push.feed(feed), body)["new"]
        finally:
            model.Session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, bodies)) == 40
    assert len(stored()) == 40
    assert model.Session.scalar(sa.text("select count(*) from steamcity_sensors_run")) == 1


def test_a_run_that_fell_asleep_is_ended_and_a_new_one_opened(app):
    feed = make_feed()
    headers = {"X-Push-Token": token(feed)}
    send(app, feed, [reading()], headers)
    model.Session.execute(sa.text("update steamcity_sensors_run set lease_until = now()"))
    model.Session.commit()
    send(app, feed, [reading(5)], headers)
    model.Session.execute(sa.text("update steamcity_sensors_run set lease_until = now() where state = 'running'"))
    model.Session.commit()
    assert call_action("steamcity_feed_run", source_id=feed, wait=True) == {"state": "finished"}
    states = model.Session.execute(sa.text("select state from steamcity_sensors_run order by id")).scalars().all()
    assert states == ["finished", "finished"]
    assert len(stored()) == 2


@pytest.mark.parametrize("said", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_a_body_is_read_as_it_came_whatever_its_type_is_said_to_be(app, said):
    """curl says of everything that it is a form."""
    feed = make_feed()
    headers = {"X-Push-Token": token(feed), "Content-Type": said}
    receipt = send(app, feed, [reading(0), reading(5)], headers).json
    assert receipt["accepted"] == 2
    assert len(stored()) == 2
    send(app, feed, b"x" * (config.push_bytes() + 1), headers, status=413)


def test_the_page_tells_what_came(app):
    feed = make_feed()
    asked = {"source_id": feed}
    assert call_action("steamcity_feed_show", **asked)["state"] == "listening"
    send(app, feed, [reading(), reading(1)], {"X-Push-Token": token(feed)})
    shown = call_action("steamcity_feed_show", **asked)
    assert (shown["state"], shown["last"]["new"], shown["last"]["ended"]) == ("receiving", 2, None)
    sysadmin = {"Authorization": factories.SysadminWithToken()["token"]}
    body = app.get(f"/feed/{feed}", headers=sysadmin).body
    assert "ready for more values" in body
    assert "What came last" in body
    assert "waiting for values" not in body


def test_a_feed_of_an_unknown_organisation_is_refused_in_a_sentence(cli):
    asked = ["add", "https://portal.example/x", "--title", "X", "--organization", "nobody"]
    done = cli.invoke(steamcity_feed, asked)
    assert done.exit_code == 1
    assert "There is no organisation “nobody”." in done.output
