"""Publishing and withdrawing a version. This plugin only; schools reaches it through `steamcity_version_publish`.

Order: bytes verified → DataStore table frozen → one commit in CKAN's database (package, ledger, outbox) → index →
signal → the outbox's job tells the registrar. Killed between any two steps nothing half-written is visible: before the
commit the draft is still a draft and the same call finishes it, after it the outbox says what is left to do.
"""

from __future__ import annotations

import datetime
import logging

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from sqlalchemy.exc import IntegrityError

from . import outbox, record, table
from .errors import Frozen
from .model import Outbox, Version, lock_concept, lock_package, unlock

log = logging.getLogger(__name__)

published = tk.signals.ckanext.signal("steamcity_version_published")
withdrawn = tk.signals.ckanext.signal("steamcity_version_withdrawn")


def publish(package_id: str, sha256: str, approved_by: str) -> Version:
    """Freeze a draft as the version whose record has this checksum. Called twice, it is published once."""
    try:
        version, fresh = _commit(package_id, sha256, approved_by)
    except IntegrityError as error:
        model.Session.rollback()
        raise tk.ValidationError(
            {"id": [tk._("Another version was published at the same moment. Please look at the draft again.")]}
        ) from error
    except BaseException:
        model.Session.rollback()
        raise
    if fresh:
        _afterwards(version)
        published.send(version.package_id, version=version.dictize())
    return version


def withdraw(reference: str, reason: str, by: str) -> Version:
    """Leave a tombstone. The package keeps its name and content, which nobody can read any more."""
    try:
        version = _known(reference)
        lock_concept(version.concept)
        package = lock_package(version.package_id)
        model.Session.refresh(version)
        if version.withdrawn:
            model.Session.rollback()
            return version
        unlock(version.package_id)
        if package is not None:
            package.private = True
            package.metadata_modified = _now()
        version.state, version.reason, version.withdrawn_by = "withdrawn", reason, by
        version.withdrawn_at = datetime.datetime.now(datetime.UTC)
        _to_do(version.package_id, "index", "hide")
        model.Session.commit()
    except BaseException:
        model.Session.rollback()
        raise
    _afterwards(version)
    withdrawn.send(version.package_id, version=version.dictize())
    return version


def _known(reference: str) -> Version:
    version = Version.get(reference)
    if version is None:
        raise tk.ObjectNotFound(tk._("There is no published version with this name."))
    return version


def _commit(package_id: str, sha256: str, approved_by: str) -> tuple[Version, bool]:
    package = lock_package(package_id)
    if package is None or package.state == "deleted":
        raise tk.ObjectNotFound(tk._("There is no draft with this name."))
    known = model.Session.get(Version, package.id)
    if known is not None:
        if known.record_sha256 != sha256:
            raise Frozen
        model.Session.rollback()
        return model.Session.get(Version, package_id), False  # type: ignore[return-value]  # it was there
    lock_concept(record.concept_of(record.package_dict(package.id)))
    built, digest = record.build(package.id, reserving=True)
    if digest != sha256:
        raise tk.ValidationError(
            {
                "sha256": [
                    tk._("The draft changed after it was looked at. Please look at it again before you approve it.")
                ]
            }
        )
    data = next((file for file in built["files"] if file["role"] == "data"), None)
    if data is None or not data["table_schema"]:
        raise tk.ValidationError({"files": [tk._("There is no table with a description of its columns.")]})
    try:
        table.freeze(data["id"], data["sha256"], data["table_schema"])
    except table.TableRefusedError as error:
        log.exception("The DataStore refused the table of %s", package.id)
        raise tk.ValidationError(
            {"files": [tk._("The data store did not take the table. Nothing was published; please try again later.")]}
        ) from error
    version = _write(package, built, digest, approved_by, data["id"])
    model.Session.commit()
    return version, True


def _write(package: model.Package, built: dict, digest: str, approved_by: str, table_id: str) -> Version:
    """All rows of one publication, in the open transaction."""
    unlock(package.id)
    package.name = f"{built['concept']}-v{built['version']}"
    package.version = str(built["version"])
    package.extras = {**package.extras, "identifier": built["identifier"], "concept": built["concept"]}
    package.state, package.private = "active", False
    package.metadata_modified = _now()
    resources = [resource for resource in package.resources_all if resource.state == "active"]
    names = {file["id"]: file["name"] for file in built["files"]}
    for resource in resources:
        resource.name = resource.url = names[resource.id]
        # Whatever a draft made of it, it is this portal's file.
        resource.url_type = "upload"
        resource.extras = {**(resource.extras or {}), "datastore_active": resource.id == table_id}
    model.Session.flush()
    version = Version(
        package_id=package.id,
        name=package.name,
        concept=built["concept"],
        n=built["version"],
        identifier=built["identifier"],
        concept_identifier=built["concept_identifier"],
        state="published",
        record=built,
        record_sha256=digest,
        resource_ids=[resource.id for resource in resources],
        approved_by=approved_by,
    )
    model.Session.add(version)
    model.Session.flush()
    _to_do(package.id, "index", "register")
    return version


def _to_do(package_id: str, *tasks: str) -> None:
    for task in tasks:
        model.Session.execute(sa.insert(Outbox.__table__).values(package_id=package_id, task=task))


def _afterwards(version: Version) -> None:
    """Index now; leave the registrar to a job. What fails here stays in the outbox and is not the caller's trouble."""
    outbox.work(version.package_id, tasks=("index",))
    outbox.wake(version.package_id)


def _now() -> datetime.datetime:
    """Core's own columns hold UTC without a zone."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
