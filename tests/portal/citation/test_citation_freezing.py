"""Every way of changing a dataset that CKAN 2.12 offers, tried on a published version as administrator without any
check of rights: nothing may change. The same ways are tried on a plain dataset, where they must work, so that none
passes idle.
"""
# ruff: noqa: S608  the statements are put together from ids this test made

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from citation_world import publish
from ckan.cli.cli import ckan as ckan_command
from ckan.lib import search
from ckan.tests import factories
from ckan.tests.helpers import CKANCliRunner, call_action
from ckanext.datastore.backend.postgres import get_read_engine, get_write_engine
from ckanext.harvest.model import HarvestJob, HarvestObject, HarvestSource
from ckanext.steamcity import blobs
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins")

ROW = {"time": "2026-03-03T08:00:00", "co2": 1, "quality_flag": 1}
_frozen: dict[str, SimpleNamespace] = {}


def do(action: str, **data: Any) -> Any:
    """An action as administrator, without any check of rights."""
    context = {"user": _frozen["world"].admin, "ignore_auth": True}
    return tk.get_action(action)(context, data)


def upload(text: str = "other bytes") -> FileStorage:
    return FileStorage(io.BytesIO(text.encode()), filename="data.csv", content_type="text/csv")


def sql(statement: str, **values: Any) -> None:
    model.Session.execute(sa.text(statement), values)
    model.Session.commit()


def table_sql(statement: str) -> None:
    with get_write_engine().begin() as connection:
        connection.execute(sa.text(statement))


def orm(change: Any) -> None:
    change()
    model.Session.commit()


def cli(*words: str) -> None:
    result = CKANCliRunner().invoke(ckan_command, ["-c", tk.config["__file__"], *words], catch_exceptions=False)
    if result.exit_code:
        raise RuntimeError(result.output)


def unowned(action: str, w: SimpleNamespace) -> None:
    """Organisations let go of their datasets when the site allows datasets without one."""
    with contextlib.ExitStack() as stack:
        tk.config["ckan.auth.create_unowned_dataset"] = True
        stack.callback(tk.config.__setitem__, "ckan.auth.create_unowned_dataset", False)
        do(action, id=w.org)


def bulk_orm(w: SimpleNamespace) -> None:
    model.Session.query(model.Package).filter_by(id=w.id).update({"title": "changed"})
    model.Session.commit()


def harvested(w: SimpleNamespace) -> str:
    source = HarvestSource(id=f"source-{w.id}", url="http://example.org/", type="steamcity_feed", title="x")
    job = HarvestJob(source=source)
    entry = HarvestObject(guid=w.id, job=job, source=source, package_id=w.id, current=True)
    model.Session.add_all([source, job, entry])
    model.Session.commit()
    return source.id


def package(w: SimpleNamespace) -> dict[str, Any]:
    context = {"user": _frozen["world"].admin, "ignore_auth": True, "use_cache": False}
    return tk.get_action("package_show")(context, {"id": w.id})


def whole(w: SimpleNamespace, **change: Any) -> Any:
    return do("package_update", **{**package(w), **change})


ATTEMPTS: dict[str, Any] = {
    "package_update notes": lambda w: whole(w, notes="changed"),
    "package_update name": lambda w: whole(w, name=f"renamed-{w.id[:6]}"),
    "package_update tags": lambda w: whole(w, tags=[{"name": "other"}]),
    "package_update groups": lambda w: whole(w, groups=[]),
    "package_update private": lambda w: whole(w, private=True),
    "package_update unpublish": lambda w: whole(w, state="draft"),
    "package_update state deleted": lambda w: whole(w, state="deleted"),
    "package_update metadata_modified": lambda w: whole(w, metadata_modified="2020-01-01T00:00:00"),
    "package_update upload": lambda w: whole(w, resources=[{**package(w)["resources"][0], "upload": upload()}]),
    "package_patch title": lambda w: do("package_patch", id=w.id, title="changed"),
    "package_patch by name": lambda w: do("package_patch", id=w.name, title="changed"),
    "package_revise": lambda w: do("package_revise", match={"id": w.id}, update={"title": "changed"}),
    "package_revise upload": lambda w: do(
        "package_revise", match={"id": w.id}, update__resources__0={"upload": upload()}, update={"title": "changed"}
    ),
    "package_resource_reorder": lambda w: do(
        "package_resource_reorder", id=w.id, order=[r["id"] for r in reversed(package(w)["resources"])]
    ),
    "bulk_update_private": lambda w: do("bulk_update_private", org_id=w.org, datasets=[w.id]),
    "bulk_update_delete": lambda w: do("bulk_update_delete", org_id=w.org, datasets=[w.id]),
    "resource_create": lambda w: do("resource_create", package_id=w.id, url="http://example.org/x.csv", name="x"),
    "resource_update": lambda w: do("resource_update", id=w.resource, url="http://example.org/x.csv", name="x"),
    "resource_patch": lambda w: do("resource_patch", id=w.resource, name="changed"),
    "resource_patch upload": lambda w: do("resource_patch", id=w.resource, upload=upload(), name="changed"),
    "resource_delete": lambda w: do("resource_delete", id=w.resource),
    "organization_purge": lambda w: unowned("organization_purge", w),
    "organization_delete": lambda w: unowned("organization_delete", w),
    "package_owner_org_update": lambda w: do("package_owner_org_update", id=w.id, organization_id=w.other_org),
    "package_delete": lambda w: do("package_delete", id=w.id),
    "package_delete by name": lambda w: do("package_delete", id=w.name),
    "dataset_purge": lambda w: do("dataset_purge", id=w.id),
    "dataset_purge by name": lambda w: do("dataset_purge", id=w.name),
    "command dataset delete": lambda w: cli("dataset", "delete", w.id),
    "command dataset purge": lambda w: cli("dataset", "purge", w.id),
    "member_create": lambda w: do(
        "member_create", id=w.other_group, object=w.id, object_type="package", capacity="public"
    ),
    "member_delete": lambda w: do("member_delete", id=w.group, object=w.id, object_type="package"),
    "group_update packages": lambda w: do("group_update", id=w.group, name=w.group_name, packages=[]),
    "group_delete": lambda w: do("group_delete", id=w.group),
    "group_purge": lambda w: do("group_purge", id=w.group),
    "group_create packages": lambda w: do("group_create", name=f"new-{w.id[:6]}", packages=[{"id": w.id}]),
    "tag_delete": lambda w: do("tag_delete", id=w.tag, vocabulary_id=w.vocabulary),
    "vocabulary_update tags": lambda w: do("vocabulary_update", id=w.vocabulary, name=f"voc{w.id[:6]}", tags=[]),
    "vocabulary_update name": lambda w: do("vocabulary_update", id=w.vocabulary, name=f"renamed{w.id[:6]}"),
    "package_relationship_create": lambda w: do(
        "package_relationship_create", subject=w.id, object=w.neighbour, type="links_to"
    ),
    "resource_view_create": lambda w: do(
        "resource_view_create", resource_id=w.resource, title="new", view_type="text_view"
    ),
    "resource_view_update": lambda w: do("resource_view_update", id=w.view, title="changed", view_type="text_view"),
    "resource_view_delete": lambda w: do("resource_view_delete", id=w.view),
    "resource_view_reorder": lambda w: do("resource_view_reorder", id=w.resource, order=[w.second_view, w.view]),
    "resource_view_clear": lambda w: do("resource_view_clear"),
    "harvest_source_clear": lambda w: do("harvest_source_clear", id=harvested(w)),
    "object": lambda w: orm(lambda: setattr(model.Package.get(w.id), "title", "changed")),
    "object extras": lambda w: orm(lambda: setattr(model.Package.get(w.id), "extras", {"a": "b"})),
    "object resource": lambda w: orm(lambda: setattr(model.Resource.get(w.resource), "url", "changed")),
    "object plugin_data": lambda w: orm(lambda: setattr(model.Package.get(w.id), "plugin_data", {"a": {"b": "c"}})),
    "objects in bulk": bulk_orm,
    "sql update": lambda w: sql("update package set title = 'changed' where id = :id", id=w.id),
    "sql delete": lambda w: sql("delete from package_tag where package_id = :id", id=w.id),
    "sql resource to another": lambda w: sql(
        "update resource set package_id = :other where id = :id", other=w.neighbour, id=w.resource
    ),
    "sql resource from another": lambda w: sql(
        "update resource set package_id = :id where package_id = :other", other=w.neighbour, id=w.id
    ),
    "sql view": lambda w: sql("update resource_view set title = 'changed' where id = :id", id=w.view),
    "sql tag": lambda w: sql("update tag set name = 'changed' || left(id, 6) where id = :id", id=w.tag),
    "sql truncate": lambda w: sql("truncate resource_view"),
    "datastore_create rows": lambda w: do("datastore_create", resource_id=w.resource, records=[ROW], force=True),
    "datastore_create column": lambda w: do(
        "datastore_create",
        resource_id=w.resource,
        force=True,
        fields=[
            {"id": "time", "type": "timestamp"}, {"id": "co2", "type": "numeric"},
            {"id": "quality_flag", "type": "int8"}, {"id": "more", "type": "text"},
        ],
    ),  # fmt: skip
    "datastore_create dictionary": lambda w: do(
        "datastore_create",
        resource_id=w.resource,
        force=True,
        fields=[
            {"id": "time", "type": "timestamp", "info": {"label": "changed"}}, {"id": "co2", "type": "numeric"},
            {"id": "quality_flag", "type": "int8"},
        ],
    ),  # fmt: skip
    "datastore_create alias": lambda w: do(
        "datastore_create", resource_id=w.resource, force=True, aliases=f"alias{w.id[:6]}"
    ),
    "datastore_create index": lambda w: do("datastore_create", resource_id=w.resource, force=True, indexes=["co2"]),
    "datastore_upsert": lambda w: do(
        "datastore_upsert", resource_id=w.resource, records=[ROW], method="insert", force=True
    ),
    "datastore_delete": lambda w: do("datastore_delete", resource_id=w.resource, force=True),
    "datastore_delete rows": lambda w: do(
        "datastore_delete", resource_id=w.resource, filters={"quality_flag": 9}, force=True
    ),
    "datastore_records_delete": lambda w: do(
        "datastore_records_delete", resource_id=w.resource, filters={"quality_flag": 9}, force=True
    ),
    "table insert": lambda w: table_sql(f'insert into "{w.resource}" (co2) values (1)'),
    "table update": lambda w: table_sql(f'update "{w.resource}" set co2 = 0'),
    "table truncate": lambda w: table_sql(f'truncate "{w.resource}"'),
    "table rename": lambda w: table_sql(f'alter table "{w.resource}" rename to "gone{w.id[:6]}"'),
    "table drop": lambda w: table_sql(f'drop table "{w.resource}"'),
    "table drop index": lambda w: table_sql(f'alter table "{w.resource}" drop constraint "{w.resource}_pkey"'),
    "table comment": lambda w: table_sql(f'comment on column "{w.resource}".co2 is \'changed\''),
    "table rule": lambda w: table_sql(f'create rule r{w.id[:6]} as on update to "{w.resource}" do instead nothing'),
    "table revoke": lambda w: table_sql(f'revoke select on "{w.resource}" from datastore_read'),
}  # fmt: skip
# Only a version has a ledger.
LEDGER_ATTEMPTS: dict[str, Any] = {
    "ledger update": lambda w: sql(
        "update steamcity_citation_version set record = '{}' where package_id = :id", id=w.id
    ),
    "ledger number": lambda w: sql("update steamcity_citation_version set n = 7 where package_id = :id", id=w.id),
    "ledger withdrawn with another name": lambda w: sql(
        "update steamcity_citation_version set state = 'withdrawn', reason = 'x', name = 'x' where package_id = :id",
        id=w.id,
    ),
    "ledger withdrawn without a reason": lambda w: sql(
        "update steamcity_citation_version set state = 'withdrawn' where package_id = :id", id=w.id
    ),
    "ledger delete": lambda w: sql("delete from steamcity_citation_version where package_id = :id", id=w.id),
    "ledger truncate": lambda w: sql("truncate steamcity_citation_version"),
    "blob": lambda w: blobs.put(b"other bytes"),
    "blob by core's uploader": lambda w: _core_upload(w),
    "squat the concept": lambda w: do("package_create", name=w.concept, type="dataset", owner_org=w.other_org),
    "squat the next version": lambda w: do(
        "package_create", name=f"{w.concept}-v2", type="dataset", owner_org=w.other_org
    ),
    "rename to the concept": lambda w: do("package_patch", id=w.neighbour, name=w.concept),
    "steamcity_files_set": lambda w: do(
        "steamcity_files_set", id=w.id, files=[{"name": "data.csv", "role": "data", "content": "x", "format": "CSV"}]
    ),
}


def _core_upload(w: SimpleNamespace) -> None:
    from ckan.lib.uploader import ResourceUpload

    ResourceUpload({"id": w.resource, "url": "data.csv", "upload": upload()}).upload(w.resource)


def snapshot(w: SimpleNamespace) -> dict[str, Any]:
    """Everything that makes a dataset: rows, files, table, document in the index."""
    model.Session.rollback()
    model.Session.remove()
    taken: dict[str, Any] = {}
    queries = {
        "package": "select to_jsonb(p) from package p where id = :id",
        "resource": "select to_jsonb(r) from resource r where package_id = :id order by id",
        "tags": "select to_jsonb(t), to_jsonb(g), to_jsonb(v) from package_tag t join tag g on g.id = t.tag_id"
        " left join vocabulary v on v.id = g.vocabulary_id where package_id = :id order by t.id",
        "members": "select to_jsonb(m) from member m where table_name = 'package' and table_id = :id order by id",
        "views": "select to_jsonb(v) from resource_view v where resource_id = any(:resources) order by id",
        "relations": "select to_jsonb(r) from package_relationship r "
        "where :id in (subject_package_id, object_package_id)",
        "ledger": "select to_jsonb(v) from steamcity_citation_version v where package_id = :id",
    }
    with model.meta.engine.connect() as connection:
        for name, query in queries.items():
            rows = connection.execute(sa.text(query), {"id": w.id, "resources": w.resources})
            taken[name] = [tuple(row) for row in rows]
    taken["table"] = _table(w.resource)
    found = search.make_connection().search(q=f'id:"{w.id}"').docs
    taken["document"] = [{k: v for k, v in d.items() if k not in ("_version_", "indexed_ts")} for d in found]
    shas = [(row[0].get("extras") or "") for row in taken["resource"]]
    taken["bytes"] = [blobs.intact(sha) for sha in w.shas] if w.shas else shas
    return taken


def _table(name: str) -> dict[str, Any]:
    with get_read_engine().connect() as connection:
        try:
            rows = connection.execute(sa.text(f'select * from "{name}" order by _id')).fetchall()
        except sa.exc.DBAPIError as error:
            return {"error": type(error.orig).__name__}
    described = sa.text(
        "select (select jsonb_agg(jsonb_build_array(attname, atttypid, col_description(attrelid, attnum))"
        "  order by attnum)"
        "  from pg_attribute where attrelid = c.oid and attnum > 0),"
        " (select jsonb_agg(indexrelid::regclass::text order by indexrelid) from pg_index where indrelid = c.oid),"
        " (select jsonb_agg(rulename order by rulename) from pg_rewrite where ev_class = c.oid),"
        " (select jsonb_agg(d.relname) from pg_rewrite r join pg_depend p on p.objid = r.oid"
        "  join pg_class d on d.oid = r.ev_class where p.refobjid = c.oid and d.oid <> c.oid),"
        " relacl::text from pg_class c where relname = :name"
    )
    with get_write_engine().connect() as connection:
        return {"rows": [tuple(r) for r in rows], "about": tuple(connection.execute(described, {"name": name}).one())}


def surround(admin: str, package_id: str, resource_id: str, org: str) -> SimpleNamespace:
    """Views, a group, a tag with a vocabulary, a neighbour: what the attempts need around a dataset."""
    model.Session.rollback()
    context = {"user": admin, "ignore_auth": True}

    def make(action: str, **data: Any) -> dict[str, Any]:
        return tk.get_action(action)(dict(context), data)

    short = package_id[:6]
    group, other = (make("group_create", name=f"{kind}-{short}") for kind in ("group", "other"))
    make("member_create", id=group["id"], object=package_id, object_type="package", capacity="public")
    views = [make("resource_view_create", resource_id=resource_id, title=t, view_type="text_view") for t in ("a", "b")]
    vocabulary = make("vocabulary_create", name=f"voc{short}", tags=[{"name": f"tag-{short}"}])
    tag = model.Tag.get(vocabulary["tags"][0]["id"])
    model.Session.add(model.PackageTag(model.Package.get(package_id), tag))
    model.Session.commit()
    far = make("organization_create", name=f"far-{short}", title="Far")
    neighbour = make(
        "package_create", name=f"near-{short}", type="dataset", owner_org=far["id"],
        resources=[{"url": "http://example.org/", "name": "n"}],
    )  # fmt: skip
    return SimpleNamespace(
        id=package_id, resource=resource_id, org=org, other_org=far["id"], group=group["id"], group_name=group["name"],
        other_group=other["id"], view=views[0]["id"], second_view=views[1]["id"], vocabulary=vocabulary["id"],
        tag=tag.id, neighbour=neighbour["id"], admin=admin,
    )  # fmt: skip


def complete(w: SimpleNamespace) -> SimpleNamespace:
    """What is known of the dataset only when it is done."""
    model.Session.remove()
    shown = call_action("package_show", context={"use_cache": False}, id=w.id)
    w.name, w.concept = shown["name"], shown.get("concept")
    w.resources = [r["id"] for r in shown["resources"]]
    w.shas = [r["sha256"] for r in shown["resources"] if r.get("sha256")]
    return w


@pytest.fixture
def frozen(request) -> SimpleNamespace:
    """One published version for all attempts of this module; it stays as it is, that is the point."""
    if "world" not in _frozen:
        school = request.getfixturevalue("school")
        request.getfixturevalue("clean_index")
        admin = factories.Sysadmin()["name"]
        draft = request.getfixturevalue("make_draft")()
        resources = call_action("package_show", id=draft)["resources"]
        data = next(r["id"] for r in resources if r["role"] == "data")
        world = surround(admin, draft, data, school["organization"]["id"])
        publish(draft)
        _frozen["world"] = complete(world)
        _frozen["before"] = snapshot(world)  # type: ignore[assignment]
    return _frozen["world"]


def make_plain(admin: str) -> SimpleNamespace:
    """A plain dataset of the same make, which may be changed."""
    organization = factories.Organization()
    context = {"user": admin}
    dataset = call_action(
        "package_create",
        context=dict(context),
        name=f"plain-{organization['id'][:8]}",
        type="dataset",
        owner_org=organization["id"],
        tags=[{"name": "air"}],
        resources=[{"url": "http://example.org/a.csv", "name": "a"}, {"url": "http://example.org/b", "name": "b"}],
    )
    resource = dataset["resources"][0]["id"]
    fields = [
        {"id": "time", "type": "timestamp"},
        {"id": "co2", "type": "numeric"},
        {"id": "quality_flag", "type": "int8"},
    ]
    rows = [ROW, {**ROW, "quality_flag": 9}]
    call_action("datastore_create", context=context, resource_id=resource, force=True, fields=fields, records=rows)
    return complete(surround(admin, dataset["id"], resource, organization["id"]))


# The first word of an attempt says which group it belongs to; loading CKAN's plugins for each would take minutes.
GROUPS = sorted({name.split("_")[0].split()[0] for name in {**ATTEMPTS, **LEDGER_ATTEMPTS}})
# Refused by doing nothing, or in a place where nothing of a version lies.
SILENT = {"blob", "blob by core's uploader", "table revoke"}
# They touch the rows of all datasets at once, so they are refused while any version exists.
ALL_AT_ONCE = {"sql truncate", "resource_view_clear"}


def attempts(group: str) -> dict[str, Any]:
    return {n: a for n, a in {**ATTEMPTS, **LEDGER_ATTEMPTS}.items() if n.split("_")[0].split()[0] == group}


@pytest.mark.parametrize("group", GROUPS)
def test_a_version_stays_as_it_is(group, frozen):
    """Rows, files, table and document in the index are the same afterwards, and the attempt was refused."""
    wrong = []
    for name, attempt in attempts(group).items():
        refused = False
        try:
            attempt(frozen)
        except Exception:  # noqa: BLE001  any refusal will do here; which one is asked below
            refused = True
        after = snapshot(frozen)
        different = [part for part, value in after.items() if value != _frozen["before"][part]]  # type: ignore[index]
        if different or not (refused or name in SILENT):
            wrong.append(f"{name}: {'changed ' + ', '.join(different) if different else 'not refused'}")
            _frozen["before"] = after  # type: ignore[assignment]  # so that each attempt answers for itself
    assert not wrong


@pytest.mark.parametrize("group", [group for group in GROUPS if set(attempts(group)) & set(ATTEMPTS)])
def test_the_same_attempt_changes_a_plain_dataset(group, frozen):
    """Else the attempt would prove nothing, and plain datasets would not be CKAN's any more."""
    idle = []
    for name in (set(attempts(group)) & set(ATTEMPTS)) - ALL_AT_ONCE:
        plain = make_plain(frozen.admin)
        before = snapshot(plain)
        trouble = ""
        try:
            ATTEMPTS[name](plain)
        except Exception as error:  # noqa: BLE001  some fail after they changed everything
            trouble = f" ({type(error).__name__} {error})"
        if snapshot(plain) == before:
            idle.append(f"{name}: changed nothing{trouble}")
    assert not idle


def test_the_refusal_says_why(frozen):
    """A sentence for people, the same for every lock, never a database's words."""
    for name in ("package_patch title", "resource_delete", "package_delete", "dataset_purge", "objects in bulk",
                 "datastore_upsert", "table drop", "member_create"):  # fmt: skip
        with pytest.raises(tk.NotAuthorized) as refusal:
            ATTEMPTS[name](frozen)
        model.Session.rollback()
        assert "cannot be changed any more" in str(refusal.value.message), name
