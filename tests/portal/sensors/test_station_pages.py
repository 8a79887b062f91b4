"""A week of a station: its page, the window as a protocol's table, and both without anything finer than published."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import protocols
from ckanext.steamcity.demo import feed as demo
from ckanext.steamcity.harvesters import feeds
from ckanext.steamcity.sensors import deployments, ingest, runs, stations

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

FEED = {
    "feed_id": "feed-1",
    "provider": "sensor_community",
    "license_id": "ODbL-1.0-DbCL-1.0",
    "attribution": "Sensor.Community contributors",
    "time_source": "server",
    "synthetic": True,
}


@pytest.fixture
def station():
    """Two days of the demo's station in Aix, without a feed around it."""
    source = feeds.adapter("sensor_community")
    aix = demo.STATIONS[0]
    readings, described = [], []
    for number, day in enumerate((date(2026, 3, 2), date(2026, 3, 3))):
        for kind, sensor, text in (
            ("SDS011", aix.particles, demo.particles(aix, day, number)),
            ("BME280", aix.climate, demo.climate(aix, day, number)),
        ):
            exact = text.replace(";43.528;5.433;", ";43.5284372;5.4331628;")  # finer than may ever be seen again
            report = feeds.FileReport()
            file = feeds.FeedFile(day, f"{day}_{sensor}.csv", str(sensor), kind)
            readings += source.readings(file, exact.encode(), report)
            for location, site in report.sites.items():
                described.append((source.describe(location, site, report.datastreams).to_dict(), site.since))
    run = runs.claim(model.Session, "feed-1")
    assert run
    ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, readings, described))
    return stations.station_id("feed-1", str(aix.location))


def window(station, **more):
    asked = {"station": station, "from": "2026-03-02", "to": "2026-03-04", "protocol": "outdoor-air"} | more
    return tk.get_action("steamcity_observation_window")({}, asked)


def test_a_window_holds_the_live_rows_in_the_protocols_columns(station):
    found = window(station)
    rows = list(csv.DictReader(io.StringIO(found["text"])))
    assert list(rows[0]) == ["time", "pm25", "pm10", "temperature", "humidity", "pressure", "quality_flag"]
    live = tk.get_action("steamcity_observation_search")(
        {}, {"station": station, "property": "pm25", "from": "2026-03-02", "to": "2026-03-04", "limit": 5000}
    )["observations"]
    assert [(row["time"], float(row["pm25"])) for row in rows] == [(one["time"], one["result"]) for one in live]
    assert all(row["temperature"] for row in rows)
    assert (found["licence_id"], found["attribution"]) == ("ODbL-1.0-DbCL-1.0", "Sensor.Community contributors")
    assert found["synthetic"] is True
    assert found["url"].endswith(f"/station/{station}")


def test_the_window_passes_the_protocols_own_check(station):
    report = protocols.check_file(window(station)["text"].encode(), protocols.load("outdoor-air"))
    assert report.questions == []
    assert [finding.code for finding in report.findings if finding.severity == "error"] == []
    assert report.ok
    assert report.rows == window(station)["rows"]


def test_what_cannot_be_a_window_is_said(station):
    for wrong in (
        {"to": "2026-03-01"},
        {"to": "2027-03-01"},
        {"from": "soon"},
        {"protocol": "nothing"},
        {"from": "1999-01-01", "to": "1999-01-02"},
    ):
        with pytest.raises(tk.ValidationError):
            window(station, **wrong)
    with pytest.raises(tk.ObjectNotFound):
        window("nobody")


def test_searching_goes_on_from_page_to_page_without_loss(station):
    def page(after=None):
        asked = {"station": station, "from": "2026-03-02", "to": "2026-03-04", "limit": 997}
        return tk.get_action("steamcity_observation_search")({}, asked | ({"after": after} if after else {}))

    answer = page()
    seen = [(one["time"], one["datastream"]) for one in answer["observations"]]
    while answer["next"]:
        answer = page(answer["next"])
        seen += [(one["time"], one["datastream"]) for one in answer["observations"]]
    count = model.Session.scalar(sa.text("select count(*) from steamcity_sensors_observation"))
    assert len(seen) == len(set(seen)) == count


def test_the_page_has_charts_words_tables_licence_and_the_ribbon(app, station):
    body = app.get(f"/station/{station}").body
    for text in ("Station SC-9000001", "Demo data, generated", "ODbL", "Sensor.Community contributors", "hourly means"):
        assert text in body
    assert body.count('class="sc-chart"') == 5
    assert "<table" in body
    for language, word in {"fr": "Station SC-9000001", "bg": "SC-9000001"}.items():
        assert word in app.get(f"/{language}/station/{station}").body


def test_the_pages_answer_bad_wishes_in_words(app, station):
    assert app.get("/station/nobody", expect_errors=True).status_code == 404
    for query in ("from=x", "from=2026-03-04&to=2026-03-01", "from=1900-01-01&to=2100-01-01", "to=9999-12-31"):
        assert app.get(f"/station/{station}?{query}").status_code == 200
        assert app.get(f"/station/{station}/window?protocol=outdoor-air&{query}").status_code == 200


def test_the_picker_shows_the_table_and_the_licence(app, station):
    body = app.get(f"/station/{station}/window?from=2026-03-02&to=2026-03-03&protocol=outdoor-air").body
    assert "ODbL" in body
    assert re.search(r"1,?1\d\d rows", body)
    assert "Log in to publish" in body


def test_a_teacher_goes_on_to_publishing_with_the_window_as_the_drafts_file(app, school, station):
    token = factories.APIToken(user=school["teacher"]["name"])["token"]
    form = {
        "school": school["organization"]["id"],
        "protocol": "outdoor-air",
        "from": "2026-03-02",
        "to": "2026-03-03",
    }
    stranger = factories.APIToken()["token"]
    page = f"/station/{station}/window"
    assert app.post(page, data=form, headers={"Authorization": stranger}, expect_errors=True).status_code == 403
    answer = app.post(page, data=form, headers={"Authorization": token}, follow_redirects=False)
    assert answer.status_code == 302
    draft_id = re.search(r"/publish/([0-9a-f-]{36})", answer.headers["Location"])
    assert draft_id
    user = {"user": school["teacher"]["name"]}
    draft = tk.get_action("steamcity_draft_show")(user, {"id": draft_id[1]})
    dump = json.dumps(draft, default=str)
    assert "SC-9000001_2026-03-02_2026-03-03.csv" in dump
    assert "ODbL-1.0-DbCL-1.0" in dump


def test_no_coordinate_finer_than_three_decimals_in_any_output(app, station):
    outputs = [app.get(f"/station/{station}").body, app.get(f"/station/{station}/window").body, window(station)["text"]]
    outputs.append(json.dumps(tk.get_action("steamcity_station_show")({}, {"id": station}), default=str))
    for text in outputs:
        assert "43.5284" not in text
        assert "5.4331" not in text


def test_hours_and_days_are_means_of_what_did_not_fail(station):
    asked = {"station": station, "property": "pm10", "from": "2026-03-02", "to": "2026-03-04", "limit": 5000}
    raw = tk.get_action("steamcity_observation_search")({}, asked)["observations"]
    days = tk.get_action("steamcity_observation_search")({}, asked | {"resolution": "day"})["observations"]
    assert [day["time"] for day in days] == ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]
    kept = [one["result"] for one in raw if one["time"] < "2026-03-03" and one["quality"] < 4]
    assert days[0]["result"] == pytest.approx(sum(kept) / len(kept))
    assert datetime.fromisoformat(raw[0]["time"]).tzinfo == UTC


def test_days_of_a_window_are_those_of_the_place(station, monkeypatch):
    """The last day chosen is the last day told, and the table has no row of the next one."""
    zone = ZoneInfo("Europe/Paris")
    monkeypatch.setattr(deployments, "zone_of", lambda _place: zone)
    found = window(station, **{"from": "2026-03-03", "to": "2026-03-03"})
    rows = list(csv.DictReader(io.StringIO(found["text"])))
    assert {datetime.fromisoformat(row["time"]).astimezone(zone).date() for row in rows} == {date(2026, 3, 3)}
    assert rows[0]["time"].startswith("2026-03-02T23:")
    assert found["filename"] == "SC-9000001_2026-03-03_2026-03-03.csv"
    with pytest.raises(tk.ValidationError):
        window(station, to="9999-12-31")


def test_a_sensor_nobody_named_is_no_instrument(app, station):
    model.Session.execute(sa.text("update steamcity_sensors_datastream set sensor_type = 'unknown'"))
    model.Session.commit()
    assert window(station)["instruments"] == []
    assert "unknown" not in app.get(f"/station/{station}?from=2026-03-02&to=2026-03-03").body
