"""Fixtures of the portal tier: real PostgreSQL, Redis and Solr, databases of their own."""

from __future__ import annotations

from pathlib import Path

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import plugins
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, _get_test_app, call_action
from ckanext import steamcity

MIGRATIONS = Path(steamcity.__file__).parent / "migration"
WITH_TABLES = ("activity", "harvest", *sorted(folder.parent.name for folder in MIGRATIONS.glob("*/alembic.ini")))


@pytest.fixture(scope="session")
def loaded_plugins() -> None:
    """The plugins of test.ini, loaded once for the whole run: they are the same for every test."""
    # As CKAN's own `with_plugins` does, which would load and unload them around each test.
    plugins.load_all()


@pytest.fixture
def with_plugins(loaded_plugins) -> None:
    """Our plugins are loaded."""


@pytest.fixture(scope="session")
def _application(loaded_plugins):
    """The site, built once."""
    return _get_test_app().app


@pytest.fixture
def app(_application) -> CKANTestApp:
    """A fresh visitor of the site."""
    return CKANTestApp(_application)


@pytest.fixture(scope="session")
def tables(loaded_plugins, migrate_db_for) -> None:
    """Create the tables before anything resets them.

    CKAN's first reset drops all it sees, and PostGIS's own cannot be dropped.
    """
    model.repo.init_db()
    for plugin in WITH_TABLES:
        migrate_db_for(plugin)


@pytest.fixture
def clean_db(tables, with_plugins) -> None:
    """Empty tables. Faster than CKAN's own, which runs every migration again."""
    model.Session.remove()
    factories.fake.unique.clear()
    with model.meta.engine.begin() as connection:
        _empty(connection)


def _empty(connection: sa.Connection) -> None:
    """Empty every table that holds something.

    The ledger refuses this by design, so triggers rest meanwhile: CKAN's role owns the tables, which is enough here.
    """
    listed = (
        "select schemaname || '.' || quote_ident(tablename) from pg_tables "
        "where tableowner = current_user and schemaname = 'public'"
    )
    names = [
        name
        for name in connection.execute(sa.text(listed)).scalars()
        if not name.endswith(("alembic_version", "spatial_ref_sys"))
    ]
    asked = " union all ".join(f"(select '{name}' where exists (select from {name}))" for name in names)
    filled = list(connection.execute(sa.text(asked)).scalars())
    if not filled:
        return
    guarded = list(
        connection.execute(
            sa.text(
                "select distinct tgrelid::regclass::text from pg_trigger "
                "where not tgisinternal and tgname like 'steamcity%' and tgparentid = 0"
            )
        ).scalars()
    )
    for name in guarded:
        connection.execute(sa.text(f"alter table {name} disable trigger user"))
    connection.execute(sa.text(f"truncate {', '.join(filled)} cascade"))
    for name in guarded:
        connection.execute(sa.text(f"alter table {name} enable trigger user"))


@pytest.fixture
def school(clean_db):
    """A school with a teacher (editor), a coordinator (admin) and a plain member."""
    people = {role: factories.User() for role in ("teacher", "coordinator", "member")}
    roles = {"teacher": "editor", "coordinator": "admin", "member": "member"}
    organization = factories.Organization(
        title="Demo school Aix A",
        name="demo-school-aix-a",
        users=[{"name": people[who]["name"], "capacity": roles[who]} for who in people],
    )
    call_action(
        "organization_patch",
        context={"user": people["coordinator"]["name"]},
        id=organization["id"],
        kind="school",
        city="aix-en-provence",
        country="FR",
    )
    return {
        "organization": tk.get_action("organization_show")({"ignore_auth": True}, {"id": organization["id"]}),
        **people,
    }
