"""Nobody gives a draft a table of its own; one that is there nevertheless does not stand in the way of publishing."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from citation_world import publish
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.datastore.backend.postgres import get_write_engine

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

TABLE = {"fields": [{"id": "name", "type": "text"}], "records": [{"name": "Lucas"}], "force": True}


def data_of(package_id: str) -> str:
    package = call_action("package_show", context={"use_cache": False}, id=package_id)
    return next(one["id"] for one in package["resources"] if one["role"] == "data")


def test_a_draft_gets_no_table_and_no_alias(make_draft, school):
    """Not by its teacher, not by an administrator, not for a file that would be made for it."""
    draft = make_draft()
    for wanted in ({"resource_id": data_of(draft), "aliases": "mine"}, {"resource": {"package_id": draft}}):
        for user in (school["teacher"]["name"], factories.Sysadmin()["name"]):
            for ignoring in (False, True):
                with pytest.raises(tk.NotAuthorized):
                    call_action("datastore_create", context={"user": user, "ignore_auth": ignoring}, **wanted, **TABLE)
    with get_write_engine().connect() as connection:
        assert connection.execute(sa.text("select to_regclass('mine')")).scalar() is None


def test_a_table_with_an_alias_gives_way_to_the_version(make_draft):
    """One may be there from before the portal refused it."""
    draft = make_draft()
    resource = data_of(draft)
    with get_write_engine().begin() as connection:
        connection.execute(sa.text(f'create table "{resource}" (name text)'))
        connection.execute(sa.text(f"insert into \"{resource}\" values ('Lucas')"))
        connection.execute(sa.text(f'create view "left-{resource[:8]}" as select * from "{resource}"'))
    publish(draft)
    found = call_action("datastore_search", resource_id=resource)
    assert found["total"] == 3
    assert "name" not in {field["id"] for field in found["fields"]}
    with get_write_engine().connect() as connection:
        assert connection.execute(sa.text(f"select to_regclass('\"left-{resource[:8]}\"')")).scalar() is None
