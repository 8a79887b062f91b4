"""A feed from the archive's HTTP server to the tables, the dataset and the harvest job."""

from __future__ import annotations

import hashlib
import json

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.harvest.model import HarvestJob, HarvestObject
from ckanext.steamcity.demo import feed as demo
from sensor_world import call_action

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

CONFIG = {"provider": "sensor_community", "synthetic": True}


def make_feed(archive, **more):
    organization = factories.Organization()
    made = call_action(
        "harvest_source_create",
        url=archive.url,
        name="feed-demo",
        title="Demo stations",
        owner_org=organization["id"],
        source_type="steamcity_feed",
        frequency="MANUAL",
        config=json.dumps(CONFIG | more),
    )
    return made["id"]


def run(feed):
    return call_action("steamcity_feed_run", source_id=feed, wait=True)


def status(feed):
    return call_action("steamcity_run_show", feed=feed)


def everything():
    """What the feed has written, as one comparable value."""
    tables = {}
    for table, columns in {
        "station": "source_id, code, digest, license_id, described",
        "deployment": "station_id, valid_from, ST_AsText(geom), place",
        "datastream": "id, sensor, channel, property, unit, latest_time, latest_result, latest_quality",
        "observation": "datastream_id, phenomenon_time, result, quality, tests",
        "revision": "datastream_id, phenomenon_time, result",
    }.items():
        statement = f"select {columns} from steamcity_sensors_{table} order by 1, 2"  # noqa: S608  names from above
        rows = model.Session.execute(sa.text(statement)).all()
        tables[table] = [tuple(row) for row in rows]
    model.Session.rollback()
    return tables


def independent_count(archive):
    """Rows and values counted with nothing of the portal's: key (file's sensor, column, time)."""
    keys = set()
    for path in archive.folder.rglob("*.csv"):
        header, *lines = path.read_text().splitlines()
        names = header.split(";")
        for line in lines:
            cells = dict(zip(names, line.split(";"), strict=True))
            keys |= {
                (cells["sensor_id"], name, cells["timestamp"])
                for name in ("P1", "P2", "pressure", "temperature", "humidity")
                if name in cells
            }
    return len(keys)


@pytest.fixture
def small(archive):
    demo.write_archive(archive.folder, days=2)
    return archive


def test_a_feed_becomes_stations_observations_and_one_dataset(small):
    feed = make_feed(small)
    assert run(feed) == {"state": "finished"}
    stations = call_action("steamcity_station_list", feed=feed)
    assert [station["code"] for station in stations["results"]] == [f"SC-{s.location}" for s in demo.STATIONS]
    assert len(everything()["observation"]) == independent_count(small)
    counts = status(feed)["run"]["counts"]
    assert counts["new"] == independent_count(small)
    assert counts["files"] == 16
    package = call_action("package_show", id=stations["results"][0]["dataset_id"])
    assert package["type"] == "monitoring"
    assert (package["license_id"], int(package["station_count"])) == ("ODbL-1.0-DbCL-1.0", 4)
    assert (package["period_start"], package["period_end"]) == ("2026-03-02", "2026-03-03")
    assert package["synthetic"] is True
    jobs = model.Session.query(HarvestJob).all()
    assert [job.status for job in jobs] == ["Finished"]
    assert {found.state for found in model.Session.query(HarvestObject)} == {"COMPLETE"}
    assert model.Session.query(HarvestObject).filter_by(current=True).count() == 4


def test_a_network_is_found_by_each_city_its_stations_are_in(city, small):
    feed = make_feed(small)
    run(feed)
    cities = {station["city"] for station in call_action("steamcity_station_list", feed=feed)["results"]}
    assert len(cities) > 1
    for slug in cities:
        asked = f"+dataset_type:monitoring +steamcity_city:{slug} +steamcity_area:{slug}"
        found = call_action("package_search", fq=asked)
        assert found["count"] == 1, slug
    assert "paris" not in cities
    assert call_action("package_search", fq="+dataset_type:monitoring +steamcity_city:paris")["count"] == 0


def test_what_is_the_feeds_own_nobody_writes_over_it(small):
    """Licence, attribution and the mark of generated data travel with the stations; an editor may name the network."""
    feed = make_feed(small)
    run(feed)
    dataset = call_action("steamcity_station_list", feed=feed)["results"][0]["dataset_id"]
    before = call_action("package_show", id=dataset)
    editor = factories.User()
    member = {"id": before["owner_org"], "username": editor["name"], "role": "admin"}
    call_action("organization_member_create", **member)
    own = {
        "license_id": "CC0-1.0", "attribution": "Me", "synthetic": False, "provider": "NASA", "station_count": 99,
        "period_start": "2001-01-01", "period_end": "2030-01-01", "city": "sofia", "published_place": "area:sofia",
    }  # fmt: skip
    for user in (editor["name"], factories.Sysadmin()["name"]):
        tk.get_action("package_patch")({"user": user}, {"id": dataset, "notes": f"By {user}", **own})
        after = call_action("package_show", id=dataset)
        assert {name: after.get(name) for name in own} == {name: before.get(name) for name in own}
        assert after["notes"] == f"By {user}"


def test_harvesting_twice_changes_nothing(small):
    feed = make_feed(small)
    run(feed)
    before = everything()
    station = call_action("steamcity_station_list", feed=feed)["results"][0]
    modified = call_action("package_show", id=station["dataset_id"])["metadata_modified"]
    assert run(feed) == {"state": "finished"}
    assert everything() == before
    counts = status(feed)["run"]["counts"]
    assert (counts.get("new", 0), counts.get("changed", 0)) == (0, 0)
    assert call_action("package_show", id=station["dataset_id"])["metadata_modified"] == modified
    assert model.Session.query(HarvestObject).count() == 4


def test_a_run_says_what_it_read_and_what_it_did_not_read_again(small):
    feed = make_feed(small)
    run(feed)
    checksum = ""
    for path in sorted(small.folder.rglob("*.csv"), key=lambda path: (path.parent.name, path.name)):
        address = f"{path.parent.name}/{path.name}"
        line = f"{checksum}\n{address}\n{hashlib.sha256(path.read_bytes()).hexdigest()}"
        checksum = hashlib.sha256(line.encode()).hexdigest()
    first = status(feed)["run"]
    assert first["cursor"]["checksum"] == checksum
    run(feed)
    again = status(feed)["run"]
    assert again["counts"]["files_unchanged"] == len(first["cursor"]["stored"]) // 2 == 8  # the second of two days
    assert again["counts"].get("readings", 0) == 0
    assert again["cursor"]["checksum"] == ""
    assert again["cursor"]["gaps"] == first["cursor"]["gaps"]
    changed = next(iter(sorted(small.folder.glob("2026-03-03/*sds011*"))))
    changed.write_text(changed.read_text().rstrip("\n") + "\n" + changed.read_text().splitlines()[-1] + "\n")
    run(feed)
    assert {name: status(feed)["run"]["counts"][name] for name in ("files", "files_unchanged")} == {
        "files": 1, "files_unchanged": 7,
    }  # fmt: skip


def test_a_new_day_adds_only_that_day(small):
    feed = make_feed(small)
    run(feed)
    demo.write_archive(small.folder, days=3)
    small.asked.clear()
    run(feed)
    assert len(everything()["observation"]) == independent_count(small)
    read = {path[:10] for path in small.asked if path.endswith(".csv")}
    assert "2026-03-02" not in read
    package = call_action(
        "package_show", id=call_action("steamcity_station_list", feed=feed)["results"][0]["dataset_id"]
    )
    assert package["period_end"] == "2026-03-04"


def test_a_changed_value_is_a_revision(small):
    feed = make_feed(small)
    run(feed)
    path = next(small.folder.rglob("2026-03-03_sds011_*.csv"))
    lines = path.read_text().splitlines()
    cells = lines[5].split(";")
    lines[5] = ";".join([*cells[:6], "77.70", *cells[7:]])
    path.write_text("\n".join(lines) + "\n")
    run(feed)
    counts = status(feed)["run"]["counts"]
    assert (counts.get("new", 0), counts["changed"]) == (0, 1)
    kept = everything()["revision"]
    assert [row[2] for row in kept] == [float(cells[6])]


def test_a_file_that_cannot_be_read_is_tried_again_next_time(small):
    feed = make_feed(small)
    bad = "2026-03-02/2026-03-02_sds011_sensor_90000031.csv"
    small.answers[bad] = (200, b"<html>the archive is being repaired</html>")
    assert run(feed) == {"state": "finished"}
    assert status(feed)["run"]["counts"]["files_unread"] == 1
    assert [entry["path"] for entry in status(feed)["run"]["cursor"]["unread"]] == [bad]
    small.answers.clear()
    run(feed)
    assert len(everything()["observation"]) == independent_count(small)
    assert status(feed)["run"]["cursor"]["unread"] == []


def test_a_source_that_is_down_fails_the_run_with_a_reason_and_the_next_succeeds(small):
    feed = make_feed(small)
    small.answers[""] = (403, b"no")
    answer = run(feed)
    assert answer["state"] == "failed"
    assert "answered 403" in answer["reason"]["params"]["reason"]
    assert [job.status for job in model.Session.query(HarvestJob)] == ["Finished"]
    small.answers.clear()
    assert run(feed) == {"state": "finished"}
    assert len(everything()["observation"]) == independent_count(small)


def test_a_name_in_the_payload_reaches_no_table_object_or_output(small, logged):
    name = "Jeanne-Marguerite"
    for path in small.folder.rglob("*_bme280_*.csv"):
        text = path.read_text().replace("altitude", "student").replace(";;;", f";{name};;")
        path.write_text(text)
    spare = next(small.folder.rglob("2026-03-03_sds011_*.csv"))
    spare.write_text(spare.read_text() + f"1;{name};{name};1;1;{name};;;;;;\n")
    feed = make_feed(small)
    assert run(feed) == {"state": "finished"}
    dump = json.dumps(everything(), default=str) + json.dumps(status(feed), default=str)
    dump += "".join(found.content for found in model.Session.query(HarvestObject))
    dump += json.dumps(call_action("steamcity_station_list"), default=str) + logged.text
    assert "Jeanne" not in dump


def test_places_finer_than_three_decimals_are_nowhere(small):
    for path in small.folder.rglob("*.csv"):
        path.write_text(path.read_text().replace(";40.852;14.262;", ";40.8523456;14.2618765;"))
    feed = make_feed(small)
    run(feed)
    dump = json.dumps(everything(), default=str) + json.dumps(call_action("steamcity_station_list"), default=str)
    dump += "".join(found.content for found in model.Session.query(HarvestObject))
    assert "40.852" in dump
    assert "40.8523" not in dump
    assert "14.2618" not in dump


def test_one_run_at_a_time(small):
    feed = make_feed(small)
    tk.get_action("steamcity_run_claim")({"ignore_auth": True}, {"feed": feed})
    assert run(feed) == {"state": "busy"}
    assert everything()["observation"] == []


def test_the_stock_button_hands_the_job_to_the_worker(small):
    feed = make_feed(small)
    job = call_action("harvest_job_create", source_id=feed, run=True)
    assert model.Session.query(HarvestJob).filter_by(id=job["id"]).one().status == "New"
    run(feed)
    assert model.Session.query(HarvestJob).filter_by(id=job["id"]).one().status == "Finished"


def test_a_private_address_is_not_fetched(small, monkeypatch):
    feed = make_feed(small)
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [])
    answer = run(feed)
    assert answer["state"] == "failed"
    assert "not a public address" in answer["reason"]["params"]["reason"]


@pytest.mark.parametrize(
    "config",
    ["{", "[]", '{"provider": "nobody"}', '{"provider": "sensor_community", "license_id": "CC0-1.0"}',
     '{"provider": "sensor_community", "sensors": "all"}', '{"provider": "sensor_community", "password": "x"}',
     '{"provider": "sensor_community", "first_day": "yesterday"}'],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(archive, config):
    with pytest.raises(tk.ValidationError):
        call_action(
            "harvest_source_create",
            url=archive.url,
            name="feed-x",
            title="x",
            owner_org=factories.Organization()["id"],
            source_type="steamcity_feed",
            config=config,
        )
