"""Whatever is sent to the address of a feed, or put into the steps on which one is added, is answered in words."""

from __future__ import annotations

import json
import re
from itertools import product

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity.harvesters import drafts, jobs
from sensor_world import as_user, call_action, headers
from werkzeug.datastructures import MultiDict

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

PAGE = "/school/demo-school-aix-a/feeds"
NAME = "<b>\"Łódź' 🌳"
PROFILES = ("steamcity", "airrohr", "senml", "ttn", "opensensemap", "csv")
DEEP = "[" * 5000 + "]" * 5000
BODIES = (
    b"", b"\x00", b"\xff\xfe\x00", b"null", b"true", b"0", b"1e999", b'"text"', b"[]", b"{}", b"[[]]", b"[null]",
    b"[[[1]]]",
    b"{\"a\": NaN}", b"[NaN, Infinity]", DEEP.encode(), b"{" + b'"a":{' * 2000 + b"}" * 2000 + b"}",
    b"PK\x03\x04" + b"\x00" * 60, b"\x1f\x8b\x08\x00" + b"\x00" * 20, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "time;T\n2026-03-03 08:00;1\n".encode("utf-16"), b'a,b\n"1', b"\r\r\r", b"\n" * 5000, b";" * 9000,
    json.dumps({"sensorType": NAME, "value": NAME, "unit": NAME, "timestamp": NAME}).encode(),
    json.dumps([{"n": NAME, "u": "Cel", "v": {"a": []}, "t": 10**400}]).encode(),
    json.dumps([{"bn": [], "n": 1, "u": [], "v": "1", "t": True}]).encode(),
    json.dumps([{"n": "temperature", "u": "Cel", "v": 1, "t": -(10**30), "bt": 1e308}]).encode(),
    json.dumps({"sensordatavalues": [{"value_type": ["BME280_temperature"], "value": {}}], "esp8266id": {}}).encode(),
    json.dumps({"sensordatavalues": {"value_type": "BME280_temperature"}}).encode(),
    json.dumps({"uplink_message": {"f_cnt": "x" * 500, "decoded_payload": [1]}, "end_device_ids": []}).encode(),
    json.dumps({"uplink_message": {"f_cnt": 10**30, "decoded_payload": {"temp": 10**400}}, "received_at": 5,
                "end_device_ids": {"device_id": {"a": 1}}}).encode(),
    json.dumps({"uplink_message": {"f_cnt": -1, "normalized_payload": {"air": 1}, "session_key_id": []},
                "received_at": "0001-01-01T00:00:00+23:59", "end_device_ids": {"dev_eui": "\ud800"}}).encode(),
    json.dumps({"sensorType": "temperature", "value": 20, "unit": "°C", "timestamp": "9999-12-31T23:59:59-23:59",
                "location": {"latitude": "NaN", "longitude": 1e400}}).encode(),
    json.dumps({"sensorType": "temperature\x00", "value": "\x00", "unit": "°C",
                "metadata": {"battery_level": []}}).encode(),
    json.dumps([{"sensor": "a" * 100_000, "value": "1", "createdAt": "2026-02-30T00:00:00Z",
                 "location": [1, 2, 3, 4]}]).encode(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    monkeypatch.setattr(jobs, "enqueue_once", lambda _source_id: True)
    monkeypatch.setitem(tk.config, "steamcity.push.per_minute", 100_000)


def create(school, place, **more):
    given = {"provider": "push", "profile": "steamcity", "place": place, "exposure": "outdoor", "title": "Ours",
             "license_id": "CC-BY-4.0", "attribution": "Demo school"} | more  # fmt: skip
    return as_user(school["teacher"], "steamcity_feed_create", owner_org=school["organization"]["id"], **given)["id"]


@pytest.mark.parametrize("profile", PROFILES)
def test_hostile_bodies_get_a_receipt_or_a_refusal(app, school, place, profile):
    mapping = {"temp": {"property": "air_temperature", "unit": "°C"}}
    if profile == "csv":
        feed = create(school, place, provider="file", mapping=mapping | {"time": "time"})
    else:
        feed = create(school, place, profile=profile, mapping=mapping)
    token = call_action("steamcity_feed_token_create", source_id=feed)["token"]
    for body, query in product(BODIES, ("", "?dry_run=1")):
        answer = app.post(f"/api/steamcity/push/{feed}{query}", data=body, headers={"X-Push-Token": token})
        assert answer.status_code in (200, 202, 400, 413), (profile, body[:60], answer.body[:300])
        told = answer.json
        assert told.get("error") or "rows" in told
    for strange in ("\x00", "x" * 70_000, "Basic " + "A" * 30, "Bearer", "é", "Basic /w=="):
        try:
            answer = app.post(f"/api/steamcity/push/{feed}", data=b"{}", headers={"Authorization": strange})
        except ValueError:  # no client sends it
            continue
        assert answer.status_code in (401, 400, 431), strange[:20]
    for strange in ("%00", "x" * 3000, "é", feed.upper(), feed[:8]):
        answer = app.post(f"/api/steamcity/push/{strange}", data=b"{}", headers={"X-Push-Token": token})
        assert answer.status_code in (400, 401, 404), strange[:20]


STEPS = ("where", "stations", "licence")
KINDS = ("opensensemap", "sensorthings", "push", "file", "nonsense")
FIELDS = ("boxes", "grouptag", "sensors", "address", "place", "box", "city", "since", "exposure", "profile", "draft",
          "feed", "timezone", "date_order", "device", "start_time", "column", "means", "license_id", "attribution",
          "title", "key", "example")  # fmt: skip
STRANGE = (NAME, "\x00", "nan,nan,nan,nan", "cell:zzz", "http://[", "air_temperature|")


@pytest.mark.parametrize("kind", KINDS)
def test_strange_answers_in_the_steps_are_told_and_never_an_error(app, school, place, monkeypatch, kind):
    monkeypatch.setitem(tk.config, "steamcity.feed.opensensemap_url", "http://127.0.0.1:1/")
    monkeypatch.setitem(tk.config, "steamcity.feed.sensor_community_live_url", "http://127.0.0.1:1/")
    token = headers(school["teacher"])
    for strange in STRANGE:
        given = MultiDict([("provider", kind), *((name, strange) for name in FIELDS)])
        for step in STEPS:
            try:
                page = app.get(f"{PAGE}/new/{step}", query_string=given, headers=token)
            except UnicodeEncodeError:  # no browser sends it
                continue
            assert page.status_code in (200, 400, 403, 404, 422), (kind, step, strange[:20], page.body[:200])
            assert '<b>"Łódź' not in page.body
        for step in ("where", "licence", "file"):
            try:
                page = app.post(f"{PAGE}/new/{step}", data=given, headers=token)
            except UnicodeEncodeError:
                continue
            assert page.status_code in (200, 400, 403, 404, 422), (kind, step, strange[:20], page.body[:200])
            assert '<b>"Łódź' not in page.body
    assert model.Session.query(HarvestSource).count() == 0


WRONG = (True, [None], {"a": {"b": []}}, "\ud800", NAME, float("inf"))


@pytest.mark.parametrize("action", ["try", "update", "upload", "preview"])
def test_actions_of_feeds_refuse_wrong_types_in_words(app, school, place, action):
    feed = create(school, place)
    token = headers(school["teacher"])
    names = ("owner_org", "source_id", "provider", "boxes", "place", "box", "mapping", "profile", "exposure",
             "timezone", "title", "attribution", "license_id", "key", "device", "start_time", "text", "same_logger",
             "dry_run", "files", "city", "since", "date_order", "id", "upload")  # fmt: skip
    right = {"owner_org": school["organization"]["id"], "source_id": feed, "provider": "push", "profile": "ttn",
             "place": place, "exposure": "outdoor", "title": "Ours", "attribution": "Demo school",
             "license_id": "CC-BY-4.0", "text": "[]"}  # fmt: skip
    before = HarvestSource.get(feed).config
    for name, wrong in product(names, WRONG):
        given = right | {name: wrong}
        answer = app.post(f"/api/3/action/steamcity_feed_{action}", json=given, headers=token)
        assert answer.status_code in (200, 400, 403, 404, 409), (action, name, repr(wrong)[:40], answer.body[:300])
    model.Session.expire_all()
    json.loads(HarvestSource.get(feed).config or before)
    app.get(f"/feed/{feed}", headers=token, status=200)


def test_a_strange_name_is_a_name(app, school, place):
    """`<b>"Łódź' 🌳` is what the feed, its page, its dataset and its settings say."""
    token, user = headers(school["teacher"]), model.User.get(school["teacher"]["name"])
    feed = create(school, place, title=NAME)
    call_action("steamcity_feed_update", source_id=feed, title=NAME + " 2")
    assert HarvestSource.get(feed).title == NAME + " 2"
    for address in (f"/feed/{feed}", PAGE, f"/feed/{feed}/settings"):
        body = app.get(address, headers=token, status=200).body
        assert "Łódź&#39; 🌳 2" in body
        assert '<b>"Łódź' not in body
    draft = drafts.keep(user.id, f"Time;{NAME}\n2026-03-03 08:00;1\n".encode())
    page = app.get(f"{PAGE}/new/where", query_string={"provider": "file", "draft": draft}, headers=token)
    assert re.search(r"Łódź", page.body)
    assert '<b>"Łódź' not in page.body
    asked = MultiDict([("provider", "file"), ("draft", draft), ("place", place), ("exposure", "outdoor"),
                       ("column", "Time"), ("means", "time"), ("column", NAME),
                       ("means", "air_temperature|Cel")])  # fmt: skip
    page = app.post(f"{PAGE}/new/where", data=asked, headers=token)
    assert page.status_code in (200, 422)
