"""Rows of people's answers are nowhere after they were checked: every store is searched for what stood in them."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import tempfile
import time
import uuid
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckan.lib.search import make_connection
from ckan.tests import factories
from ckanext.datastore.backend.postgres import get_write_engine
from ckanext.steamcity import protocols
from schoolhelp import ANSWERS, act

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
WORD = "Zwetschgenkuchen-4711"  # as one child might have written it, and no other text of ours does
NUMBER = "23.4711"
OURS = b"searched-by-the-leak-test"
PERIOD = {"period_start": "2026-03-02", "period_end": "2026-03-13"}


def survey(slug: str) -> str:
    """Rows in which a text and a number can be found again: enough for groups that are published."""
    protocol = protocols.load(slug)
    template = list(csv.reader(io.StringIO(protocols.template_csv(protocol, "en").decode("utf-8-sig"))))
    header, row = template[0], template[1]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*header, "Remark"])
    for _ in range(12):
        writer.writerow([*row, WORD])
    writer.writerow([*row[:-1], WORD, WORD])
    for place, column in enumerate(protocol.columns):
        if column.type == "number" and column.name not in protocol.aggregate.group_by:
            writer.writerow([*row[:place], NUMBER, *row[place + 1 :], WORD])
            break
    return out.getvalue()


def databases() -> list[str]:
    """Tables, of CKAN's database and of the DataStore, that hold the word or the number in any column."""
    found = []
    for engine in (model.meta.engine, get_write_engine()):
        with engine.connect() as connection:
            listed = (
                "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables"
                " where schemaname !~ '^pg_' and schemaname <> 'information_schema'"
            )
            for name in connection.execute(sa.text(listed)).scalars():
                query = sa.text(f"select count(*) from {name} t where t::text like :word or t::text like :number")
                with connection.begin_nested():
                    if connection.execute(query, {"word": f"%{WORD}%", "number": f"%{NUMBER}%"}).scalar():
                        found.append(name)
    return found


def folders() -> list[Path]:
    assets = [tk.config.get("ckan.webassets.path"), Path(tempfile.gettempdir(), "ckan-webassets")]
    return [Path(folder) for folder in (tk.config["ckan.storage_path"], *assets) if folder]


class Logs:
    """What the services of the stack write down, from now on: PostgreSQL, Solr, Redis and who keeps them running."""

    def __init__(self) -> None:
        self.folder = Path(tk.config["ckan.storage_path"]).parent / "log"
        self._length = {path: path.stat().st_size for path in self.paths()}

    def paths(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def found(self) -> list[str]:
        """Names of the logs that hold them since."""
        return [path.name for path in self.paths() if self._holds(path)]

    def _holds(self, path: Path) -> bool:
        with path.open("rb") as log:
            # A log that was turned over begins again.
            log.seek(min(self._length.get(path, 0), path.stat().st_size))
            # The search of the index is written down too, with what it searches for.
            return any(mark in line for line in log if OURS not in line for mark in (WORD.encode(), NUMBER.encode()))


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def heard(caplog):
    """What the portal logs, at every level. Loggers that keep to themselves do not reach pytest without this."""
    caplog.set_level(logging.DEBUG)
    known = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    apart = [logger for logger in known if not logger.propagate]
    levels = {logger: logger.level for logger in apart}
    for logger in apart:
        logger.addHandler(caplog.handler)
        logger.setLevel(logging.DEBUG)
    yield caplog
    for logger in apart:
        logger.removeHandler(caplog.handler)
        logger.setLevel(levels[logger])


def left_in_temp(before: set[Path]) -> list[Path]:
    """New files of the temporary folder that hold them."""
    return [path for path in in_temp() - before if any(mark.encode() in path.read_bytes() for mark in (WORD, NUMBER))]


def in_temp() -> set[Path]:
    return {path for path in Path(tempfile.gettempdir()).glob("*") if path.is_file()}


def files() -> list[Path]:
    """Files of the portal that hold them."""
    return [
        path
        for folder in folders()
        if folder.exists()
        for path in folder.rglob("*")
        if path.is_file() and any(mark.encode() in path.read_bytes() for mark in (WORD, NUMBER))
    ]


def redis_keys() -> list[bytes]:
    connection = connect_to_redis()
    kinds = {b"string": connection.get, b"hash": connection.hgetall}
    kinds |= {b"list": lambda key: connection.lrange(key, 0, -1), b"set": connection.smembers}
    kinds |= {b"zset": lambda key: connection.zrange(key, 0, -1)}
    held = {key: repr(kinds.get(connection.type(key), lambda _key: "")(key)) for key in connection.keys("*")}
    return [key for key, value in held.items() if WORD in value or NUMBER in value or WORD in repr(key)]


def index() -> int:
    found = make_connection().search(f'"{WORD}" OR "{NUMBER}"', defType="lucene", df="text", asked=OURS.decode())
    return found.hits


@pytest.mark.parametrize("slug", [slug for slug in protocols.slugs() if protocols.load(slug).aggregate])
def test_no_row_is_anywhere_after_it_was_checked(slug, people, heard, school_class, logs):
    """Not on disk, in the databases, the index, Redis or any log; whether the check passes or not."""
    before = in_temp()
    draft = act("steamcity_draft_create", people["teacher"], protocol=slug, owner_org=people["school"]["id"])
    hints = {"timezone": "UTC"}
    shown = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=survey(slug), hints=hints)
    choices = {f["code"]: f["choices"][0] for f in shown["report"]["findings"] if f["choices"]}
    given = {"text": survey(slug), "hints": {**hints, "decisions": choices}}
    shown = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], **given)
    act("steamcity_file_check", people["teacher"], protocol=slug, **given)
    if shown["report"]["ok"]:
        act("steamcity_draft_file_accept", people["teacher"], id=draft["id"])
    assert WORD not in json.dumps(shown)
    model.Session.expire_all()
    assert databases() == []
    assert files() == []
    assert redis_keys() == []
    assert index() == 0
    assert WORD not in heard.text
    assert NUMBER not in heard.text
    assert left_in_temp(before) == []
    assert logs.found() == []


def nowhere() -> None:
    """No store has a row at this moment; one that is cleaned later has had it."""
    model.Session.expire_all()
    assert (databases(), files(), redis_keys(), index()) == ([], [], [], 0)


@pytest.mark.parametrize("slug", ["negawatt", "city-detective"])
def test_no_row_is_left_of_what_went_through_the_pages_and_was_published(slug, app, people, heard, school_class, logs):
    """Uploaded, checked, decided, saved, approved, read by the public: the groups are there, the rows are nowhere."""
    teacher = people["teacher"]
    token = {"Authorization": factories.APIToken(user=teacher["name"])["token"]}
    draft = act("steamcity_draft_create", teacher, protocol=slug, owner_org=people["school"]["id"])
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"data": PERIOD})
    address = f"/publish/{draft['id']}/data"

    given = {"do": "check", "timezone": "UTC", "upload": (io.BytesIO(survey(slug).encode()), "answers.csv")}
    pages = [app.post(address, data=given, headers=token).body]
    nowhere()
    # The rows are not kept: the page carries the file back, and the one who decides sends it again.
    carried = re.search(r'name="carried" value="([^"]+)"', pages[0])[1]
    choices = re.findall(r'name="(decision-[a-z_]+)"', pages[0])
    assert choices
    chosen = {**dict.fromkeys(choices, "leave_out"), "carried": carried, "carried_name": "answers.csv"}
    for do in ("check", "accept"):
        pages.append(app.post(address, data={"do": do, "timezone": "UTC", **chosen}, headers=token).body)
        nowhere()
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"data": PERIOD})
    judged = act("steamcity_gate_check", teacher, id=draft["id"])
    assert not [item for item in judged["items"] if not item["ok"]]
    asked = act("steamcity_review_request", teacher, id=draft["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    shown = act("package_show", None, id=draft["id"])
    data = next(one for one in shown["resources"] if one["role"] == "data")
    assert act("datastore_search", None, resource_id=data["id"])["total"] > 0
    pages.append(app.get(f"/experiment/{shown['name']}").body)
    for text in pages:
        # A page of the wizard carries the file back to the one who sent it, coded; nothing of it stands there to read.
        assert WORD not in text
    nowhere()
    assert logs.found() == []
    assert WORD not in heard.text
    assert NUMBER not in heard.text


def test_the_search_finds_what_was_left_on_purpose(people):
    """A seeded row is found in each store, so that finding nothing means something."""
    act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["id"])
    draft = act("steamcity_draft_list", people["teacher"])
    with model.meta.engine.begin() as connection:
        statement = "update steamcity_schools_draft set answers = cast(:answers as jsonb)"
        connection.execute(sa.text(statement), {"answers": json.dumps({"question": {"question": WORD}})})
    assert draft
    assert databases() == ["public.steamcity_schools_draft"]
    place = Path(tk.config["ckan.storage_path"], "left.txt")
    place.write_text(NUMBER)
    connect_to_redis().set("left", WORD)
    solr = make_connection()
    site = tk.config["ckan.site_id"]
    solr.add([{"index_id": "left", "id": "left", "site_id": site, "text": f"One child wrote {WORD}"}], commit=True)
    table = f"left_{uuid.uuid4().hex[:8]}"
    try:
        assert index() == 1
        with get_write_engine().begin() as connection:
            connection.execute(
                sa.text(f"create table {table} as select 23.4711::numeric as hours".replace("::", r"\:\:"))
            )
        assert f"public.{table}" in databases()
        assert files() == [place]
        assert redis_keys() == [b"left"]
    finally:
        place.unlink()
        connect_to_redis().delete("left")
        solr.delete(id="left", commit=True)
        with get_write_engine().begin() as connection:
            connection.execute(sa.text(f"drop table if exists {table}"))


def test_the_search_finds_what_a_log_was_told(logs, heard):
    """Each log of the stack is read: PostgreSQL's through PostgreSQL, all by a line at their end."""
    assert {"postgres.log", "solr.log", "redis.log"} <= {path.name for path in logs.paths()}
    assert index() == 0
    assert logs.found() == []
    with model.meta.engine.begin() as connection:
        connection.execute(sa.text(f"do $$ begin raise warning 'One child wrote {WORD}'; end $$"))
    for _ in range(50):
        if logs.found():
            break
        time.sleep(0.1)
    assert logs.found() == ["postgres.log"]
    for path in logs.paths():
        fresh = Logs()
        length = path.stat().st_size
        with path.open("ab") as log:
            log.write(f"a line with {NUMBER}\n".encode())
        try:
            assert fresh.found() == [path.name]
        finally:
            with path.open("r+b") as log:
                log.truncate(length)
    logging.getLogger("ckanext.steamcity").warning("One child wrote %s", WORD)
    assert WORD in heard.text


def test_the_search_finds_what_lies_in_folders():
    """Storage, the files of pages, the temporary folder."""
    before = in_temp()
    for folder in folders():
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left.txt"
        path.write_text(WORD)
        try:
            assert files() == [path]
        finally:
            path.unlink()
    path = Path(tempfile.gettempdir(), f"left-{uuid.uuid4().hex}")
    path.write_text(NUMBER)
    try:
        assert left_in_temp(before) == [path]
    finally:
        path.unlink()
