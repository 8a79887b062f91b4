"""What is left to do after the commit of a version, and putting right what was interrupted. This plugin only.

The outbox's rows are the truth; a background job only works them sooner than the next reconciliation would.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import logic, model
from ckan.lib import search
from ckanext.steamcity import blobs
from ckanext.steamcity.clock import Clock

from . import config, table
from .model import Outbox, Version
from .registrar import RegistrarError

log = logging.getLogger(__name__)
# A registrar that is down is asked again after 1, 2, 4 … minutes, never later than this.
_LONGEST_PAUSE = 6 * 60
# Seconds between two turns of the reconciler.
_EVERY = 600
_TURNS_A_DAY = 144


def wake(package_id: str) -> None:
    """Ask a worker to do what is left for a version. Without Redis the reconciler does it."""
    schedule()
    try:
        tk.enqueue_job(work, [package_id], title=f"steamcity outbox {package_id}", rq_kwargs={"timeout": 300})
    except Exception:  # noqa: BLE001  whatever the queue's trouble is, the row is in the outbox
        log.exception("The queue did not take the job of %s; the reconciler will do it", package_id)


def scheduled() -> dict[str, Any]:
    """One turn of the reconciler. The next one is set first, so that a turn that is killed is not the last."""
    schedule()
    report = reconcile(files=int(time.time()) // _EVERY % _TURNS_A_DAY == 0)
    if report["indexed"] or report["tables"] or report["removed"] or report["damaged"]:
        log.warning("Put right: %s", report)
    return report


_CLOCK = Clock("reconcile", _EVERY, scheduled)
schedule, keep_scheduled = _CLOCK.schedule, _CLOCK.keep_scheduled


def work(package_id: str | None = None, tasks: tuple[str, ...] = ("index", "register", "hide")) -> dict[str, int]:
    """Do the open tasks that are due, of one version or of all; each in a transaction of its own."""
    counts = {"done": 0, "failed": 0}
    skipped: list[int] = []
    while row := _claim(package_id, tasks, skipped):
        skipped.append(row.id)
        try:
            _do(row.task, row.package_id)
        except Exception as error:  # noqa: BLE001  every failure is kept in its row and tried again
            model.Session.rollback()
            _failed(row.id, error)
            counts["failed"] += 1
            log.warning("Task %s of %s failed: %s", row.task, row.package_id, error)
        else:
            _finish(row.id)
            counts["done"] += 1
    return counts


def reconcile(files: bool = True) -> dict[str, Any]:
    """Work the outbox, then compare ledger, index, DataStore and files, and rebuild what is missing.

    Reading every byte of every file takes long; `files` says whether it is time for it.
    """
    report: dict[str, Any] = {"outbox": work(), "indexed": [], "tables": [], "removed": [], "damaged": []}
    ids = list(model.Session.scalars(sa.select(Version.__table__.c.package_id)))
    for package_id in ids:
        version = model.Session.get_one(Version, package_id)
        if not _indexed_rightly(version):
            _index(package_id)
            report["indexed"].append(version.name)
        if not version.withdrawn:
            report["tables"] += [version.name] if _table_rebuilt(version) else []
        kept = version.record["files"] if files else []
        lost = [file["sha256"] for file in kept if not blobs.intact(file["sha256"])]
        report["damaged"] += [f"{version.name}: {sha256}" for sha256 in lost]
        model.Session.rollback()
    report["removed"] = _remove_unfinished()
    return report


def _claim(package_id: str | None, tasks: tuple[str, ...], skipped: list[int]) -> sa.Row | None:
    """The next due task, its row locked until `_finish` or `_failed` commits."""
    c = Outbox.__table__.c
    query = (
        sa.select(c.id, c.package_id, c.task)
        .where(c.done.is_(None), c.next_attempt <= sa.func.now(), c.task.in_(tasks), c.id.not_in(skipped))
        .where(c.attempts < config.attempts())
        .order_by(c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if package_id:
        query = query.where(c.package_id == package_id)
    return model.Session.execute(query).first()


def _do(task: str, package_id: str) -> None:
    if task == "index":
        version = model.Session.get(Version, package_id)
        # The others of the concept change too: what was newest is superseded now, or newest again.
        for other in Version.of_concept(version.concept) if version else []:
            _index(other.package_id)
        return
    version = model.Session.get(Version, package_id)
    if version is None:
        return
    registrar = config.make_registrar()
    if task == "register":
        registrar.register(version.identifier, version.record, address(version.identifier))
        registrar.update(version.concept_identifier, version.record, address(version.concept_identifier))
    else:
        registrar.hide(version.identifier)


def address(identifier: str) -> str:
    """The permanent address of an identifier."""
    return f"{tk.config['ckan.site_url'].rstrip('/')}/id/{identifier}"


def _finish(row_id: int) -> None:
    model.Session.execute(
        sa.update(Outbox.__table__).where(Outbox.__table__.c.id == row_id).values(done=sa.func.now(), error="")
    )
    model.Session.commit()


def _failed(row_id: int, error: Exception) -> None:
    c = Outbox.__table__.c
    permanent = isinstance(error, RegistrarError) and error.permanent
    pause = sa.func.least(sa.func.power(2, c.attempts), _LONGEST_PAUSE)
    model.Session.execute(
        sa.update(Outbox.__table__)
        .where(c.id == row_id)
        .values(
            attempts=config.attempts() if permanent else c.attempts + 1,
            next_attempt=sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, sa.cast(pause, sa.Integer)),
            error=str(error)[:1000],
        )
    )
    model.Session.commit()


def _index(package_id: str) -> None:
    if model.Session.get(model.Package, package_id) is None:
        return
    context: Any = {"ignore_auth": True, "user": "", "model": model, "session": model.Session}
    logic.index_update_package(context, package_id)


def _indexed_rightly(version: Version) -> bool:
    query = {"q": "*:*", "fq": [f'+id:"{version.package_id}"', f'+site_id:"{tk.config["ckan.site_id"]}"'],
             "fl": "name,metadata_modified,state,steamcity_superseded"}  # fmt: skip
    found = search.make_connection(decode_dates=False).search(**query).docs
    package = model.Session.get(model.Package, version.package_id)
    if not found or package is None:
        return package is None
    state = "withdrawn" if version.withdrawn else "active"
    superseded = version.withdrawn or Version.superseded(version.package_id)
    # Solr keeps milliseconds only.
    modified = package.metadata_modified.isoformat()[:19]
    document = found[0]
    indexed = (document["name"], document["state"], bool(document.get("steamcity_superseded")))
    return indexed == (version.name, state, superseded) and str(document["metadata_modified"])[:19] == modified


def _table_rebuilt(version: Version) -> bool:
    data = next((file for file in version.record["files"] if file["role"] == "data"), None)
    if data is None or table.is_frozen(data["id"]):
        return False
    table.freeze(data["id"], data["sha256"], data["table_schema"])
    return True


def _remove_unfinished() -> list[str]:
    """Take away frozen tables of publications that were interrupted and not finished since."""
    removed = []
    for resource_id in table.frozen_tables():
        if Version.of_resource(resource_id):
            continue
        resource = model.Session.get(model.Resource, resource_id)
        package_id = resource.package_id if resource else None
        # A publication holds its package's row: wait for none, take only what nobody works on.
        lock = sa.select(model.Package.id).where(model.Package.id == package_id).with_for_update(skip_locked=True)
        if package_id and model.Session.execute(lock).first() is None:
            continue
        if Version.of_resource(resource_id) is None:
            table.remove(resource_id)
            removed.append(resource_id)
        model.Session.rollback()
    return removed
