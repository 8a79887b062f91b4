"""Fixtures of the portal tier: real PostgreSQL, Redis and Solr, databases of their own."""

from __future__ import annotations

from pathlib import Path

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext import steamcity

MIGRATIONS = Path(steamcity.__file__).parent / "migration"
WITH_TABLES = ("activity", "harvest", *sorted(folder.parent.name for folder in MIGRATIONS.glob("*/alembic.ini")))
OUR_TABLES = "steamcity\\_%"


@pytest.fixture(scope="session")
def tables() -> None:
    """Create the tables before anything resets them: CKAN's first reset drops all it sees, PostGIS's own cannot be dropped."""
    model.repo.init_db()


@pytest.fixture
def clean_db(tables, reset_db, with_plugins, migrate_db_for) -> None:
    """Empty tables, migrated. The ledger refuses deletion by design, so its triggers rest while the tables are emptied."""
    _empty_our_tables()
    reset_db()
    for plugin in WITH_TABLES:
        migrate_db_for(plugin)


def _empty_our_tables() -> None:
    """Empty our tables with triggers off; CKAN's role owns them, which is enough for a test and never done outside."""
    with model.meta.engine.begin() as connection:
        triggers = connection.execute(
            sa.text(
                "select distinct c.oid::regclass::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid "
                "where not t.tgisinternal and t.tgname like 'steamcity%'"
            )
        ).scalars()
        guarded = list(triggers)
        for name in guarded:
            connection.execute(sa.text(f"alter table {name} disable trigger user"))
        ours = connection.execute(
            sa.text("select tablename from pg_tables where schemaname = 'public' and tablename like :pattern"),
            {"pattern": OUR_TABLES},
        ).scalars()
        names = [f'"{name}"' for name in ours if not name.endswith("alembic_version")]
        if names:
            connection.execute(sa.text(f"truncate {', '.join(names)} cascade"))
        for name in ("resource_view", "package_relationship", "package_tag", "resource", "member", "package"):
            if name in guarded:
                connection.execute(sa.text(f"delete from {name}"))
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
    return {"organization": tk.get_action("organization_show")({"ignore_auth": True}, {"id": organization["id"]}), **people}
