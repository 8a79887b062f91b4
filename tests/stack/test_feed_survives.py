"""A feed's run that is killed ten times at random moments, or loses PostgreSQL or Redis in the middle, ends with the
tables of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
import uuid

import psycopg2
import pytest
import services
import software
import supervise
from ckanext.steamcity.demo import feed as demo
from conftest import PROJECT, STACK
from test_supervision import until_healthy

DAYS = 6
KILLS = 10
#: Runs a feed in small batches, so that there is much to interrupt; tells each statement, so that a moment can be
#: chosen whatever the machine is doing.
WORKER = """
import sys
import sqlalchemy
from ckan.cli import load_config
from ckan.config.middleware import make_app
application = make_app(load_config(sys.argv[1]))
with application._wsgi_app.test_request_context():
    from ckanext.steamcity.harvesters import run
    run.BATCH_READINGS = 3000
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", lambda *_: print("statement", flush=True))
    print(run.run(sys.argv[2])["state"], flush=True)
"""
FEED = """
import json, sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
import ckan.plugins.toolkit as tk
application = make_app(load_config(sys.argv[1]))
with application._wsgi_app.test_request_context():
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    made = {}
    for name in sys.argv[3:]:
        owner = tk.get_action("organization_create")({"ignore_auth": True, "user": user}, {"name": name, "title": name})
        source = {
            "url": sys.argv[2] + name + "/", "name": name, "title": name, "owner_org": owner["id"],
            "source_type": "steamcity_feed", "frequency": "MANUAL", "config": '{"provider": "sensor_community"}',
        }
        made[name] = tk.get_action("harvest_source_create")({"ignore_auth": True, "user": user}, source)["id"]
    print(json.dumps(made))
"""
STORED = """
select s.source_id, d.sensor, d.channel, o.phenomenon_time, o.result, o.quality, o.tests
from steamcity_sensors_observation o join steamcity_sensors_datastream d on d.id = o.datastream_id
join steamcity_sensors_station s on s.id = d.station_id where s.feed_id = %s order by 1, 2, 3, 4
"""
ROLLED_UP = """
select s.source_id, d.sensor, d.channel, h.hour, h.count, h.valid, h.minimum, h.maximum, h.mean
from steamcity_sensors_hour h join steamcity_sensors_datastream d on d.id = h.datastream_id
join steamcity_sensors_station s on s.id = d.station_id where s.feed_id = %s order by 1, 2, 3, 4
"""


def ask(statement: str, *values: str | list[str]) -> list[tuple]:
    with psycopg2.connect(STACK.database_url("ckan", "ckan")) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def python(script: str, *words: str) -> subprocess.Popen[str]:
    command = [software.python(), "-c", script, str(STACK.path("etc", "ckan.ini")), *words]
    return subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def begun(feed: str, statements: int = 0) -> subprocess.Popen[str]:
    """A worker at work on a run of the feed, so many statements after its begin (or at its end)."""
    # Whoever was killed holds the lease for a while longer.
    ask("update steamcity_sensors_run set lease_until = now() where state = 'running' and feed_id = %s", feed)
    worker = python(WORKER, feed)
    for _ in range(statements):
        if not worker.stdout.readline():
            break
    return worker


def ended(worker: subprocess.Popen[str]) -> str:
    """The last line of what it said."""
    output, _ = worker.communicate(timeout=120)
    return (output.strip().splitlines() or [""])[-1]


class Feeds:
    """Feeds over the same files: `calm` has run undisturbed, in so many `statements`."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex[:6]
        self.made: dict[str, str] = {}
        self.calm = self.another()
        output, _ = begun(self.calm).communicate(timeout=120)
        assert output.strip().endswith("finished")
        self.statements = output.count("statement")
        self.expected = self.tables(self.calm)
        assert len(self.expected[0]) > 10_000

    def another(self) -> str:
        """Id of a new feed."""
        name = f"stack-{self.mark}-{len(self.made)}"
        demo.write_archive(STACK.path("feeds", name), days=DAYS)
        made = python(FEED, f"http://127.0.0.1:{STACK.ports['feeds']}/", name)
        self.made |= json.loads(ended(made))
        return self.made[name]

    @staticmethod
    def tables(feed: str) -> tuple[list, list]:
        return ask(STORED, feed), ask(ROLLED_UP, feed)


@pytest.fixture(scope="module")
def feeds():
    supervise.rpc(STACK).stopProcess("worker")  # its watchdog would take runs up before the test does
    yield Feeds()
    supervise.rpc(STACK).startProcess("worker")


def jobs_at_work(feeds: Feeds) -> int:
    made = list(feeds.made.values())
    return ask("select count(*) from harvest_job where status <> 'Finished' and source_id = any(%s)", made)[0][0]


def test_ten_kills_at_random_moments(feeds):
    """In gather, fetch and import, as chance will have it; the seed is in the message of a failure."""
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    feed, killed = feeds.another(), 0
    finished: list[str] = []
    while killed < KILLS:
        worker = begun(feed, chance.randrange(feeds.statements))
        worker.send_signal(signal.SIGKILL)
        if worker.wait() == -signal.SIGKILL:
            killed += 1
        else:
            finished.append(feed)
            feed = feeds.another()
    assert ended(begun(feed)) == "finished", f"seed {seed}"
    for one in (*finished, feed):
        assert Feeds.tables(one) == feeds.expected, f"seed {seed}"
    assert jobs_at_work(feeds) == 0
    assert ask("select count(*) from steamcity_sensors_revision") == [(0,)]


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_service_restarted_in_the_middle(feeds, name):
    """The run ends by itself, well or with a reason, and the next one has everything."""
    feed = feeds.another()
    worker = begun(feed, feeds.statements // 2)
    supervise.rpc(STACK).stopProcess(name)
    time.sleep(1)
    supervise.rpc(STACK).startProcess(name)
    supervise.wait_for_services(STACK)
    services.psql(STACK, "select 1")
    assert ended(worker) in ("finished", "failed", "taken over")
    assert ended(begun(feed)) == "finished"
    assert Feeds.tables(feed) == feeds.expected
    assert jobs_at_work(feeds) == 0
    supervise.rpc(STACK).startProcess("worker")
    assert "Healthy." in until_healthy()
    supervise.rpc(STACK).stopProcess("worker")
