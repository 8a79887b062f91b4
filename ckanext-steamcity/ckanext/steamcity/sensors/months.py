"""Files of closed months: written once each, kept for ever; what comes late makes a further file of its month
(only `sensors/` imports this).

Which months have changed since their newest file stands in the database, counted in the transaction of the readings, so
nothing is missed and nothing has to be looked through. A turn that is killed has written nothing; the next begins anew.
"""

from __future__ import annotations

import logging
import tempfile
import time
import uuid
from datetime import date, datetime
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckanext.steamcity import blobs
from ckanext.steamcity.clock import Clock

from . import month_csv, network

log = logging.getLogger(__name__)

#: Seconds between two turns.
_EVERY = 3600
#: A turn begins no further month after so many seconds: others wait for the worker too.
_LONGEST_TURN = 600.0
#: A month is closed so long after its end: archives of the last day come a day later.
CLOSED_AFTER = "3 days"
#: Late values wait so long for others, so that a month does not get a file for each of them.
_GATHERED = "20 hours"

_DUE = """
select m.feed_id, m.month from steamcity_sensors_month m
where m.changes > m.written
    and (m.month + interval '1 month' + cast(:closed as interval)) at time zone 'UTC' <= cast(:now as timestamptz)
    and (:feed = '' or m.feed_id = :feed) and (cast(:month as date) is null or m.month = cast(:month as date))
    and (:at_once or not exists (
        select from steamcity_sensors_month_file f where f.feed_id = m.feed_id and f.month = m.month
            and f.created > cast(:now as timestamptz) - cast(:gathered as interval)
    ))
order by m.month, m.feed_id
"""


def scheduled() -> list[dict[str, Any]]:
    schedule()
    network.count_days(model.Session)
    return write_due(seconds=_LONGEST_TURN)


_CLOCK = Clock("months", _EVERY, scheduled)
schedule, keep_scheduled = _CLOCK.schedule, _CLOCK.keep_scheduled


def write_due(
    *,
    feed: str = "",
    month: date | None = None,
    now: datetime | None = None,
    at_once: bool = False,
    seconds: float | None = None,
) -> list[dict[str, Any]]:
    """Write the files of closed months that have none or have changed. Returns what was written."""
    until = None if seconds is None else time.monotonic() + seconds
    values = {"feed": feed, "month": month, "closed": CLOSED_AFTER, "gathered": _GATHERED, "at_once": at_once}
    values["now"] = now or model.Session.execute(sa.text("select now()")).scalar()
    due = model.Session.execute(sa.text(_DUE), values).all()
    model.Session.rollback()
    done = []
    for one in due:
        if until is not None and time.monotonic() > until:
            break  # the next turn goes on
        try:
            written = _write(one.feed_id, one.month)
        except Exception:  # noqa: BLE001  one month in trouble must not keep the others from being written
            model.Session.rollback()
            log.exception("The file of %s of feed %s could not be written", one.month, one.feed_id)
            continue
        if written:
            done.append(written)
    for identifier in sorted({one.feed_id for one in due} | ({feed} if feed else set())):
        show_in_dataset(identifier)
    return done


def _write(feed_id: str, month: date) -> dict[str, Any] | None:
    """One month, from one state of the tables; None when another worker is at it or nothing is different."""
    about = _about(feed_id, month)
    if about is None:
        return None
    folder = blobs.root()
    folder.mkdir(parents=True, exist_ok=True)
    engine: Any = model.meta.engine
    with (
        engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection,
        tempfile.TemporaryFile(dir=folder) as out,
    ):
        key = {"key": f"steamcity month {feed_id} {month}"}
        if not connection.scalar(sa.text("select pg_try_advisory_xact_lock(hashtextextended(:key, 0))"), key):
            return None
        changes = connection.scalar(
            sa.text("select changes from steamcity_sensors_month where feed_id = :feed and month = :month"),
            {"feed": feed_id, "month": month},
        )
        with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]  # psycopg2's closes itself
            rows = month_csv.write(cursor, about, out)  # type: ignore[arg-type]  # a file of bytes
        out.seek(0)
        sha256, length = blobs.put(out) if rows else ("", 0)  # type: ignore[arg-type]
        return _register(feed_id, month, changes or 0, {"sha256": sha256, "bytes": length, "rows": rows})


def _about(feed_id: str, month: date) -> month_csv.About | None:
    row = model.Session.execute(
        sa.text(
            "select dataset_id, license_id, attribution, synthetic from steamcity_sensors_station"
            " where feed_id = :feed order by described desc, id limit 1"
        ),
        {"feed": feed_id},
    ).first()
    model.Session.rollback()
    if row is None or not row.dataset_id:
        return None
    address = f"{tk.config['ckan.site_url'].rstrip('/')}/monitoring/{row.dataset_id}"
    return month_csv.About(feed_id, month, address, row.license_id, row.attribution, row.synthetic)


def _register(feed_id: str, month: date, changes: int, file: dict[str, Any]) -> dict[str, Any] | None:
    """Note the file as the month's newest, unless it has the content of the newest there is."""
    session, key = model.Session, {"feed": feed_id, "month": month}
    session.execute(
        sa.text("select from steamcity_sensors_month where feed_id = :feed and month = :month for update"), key
    )
    newest = session.execute(
        sa.text(
            "select number, sha256 from steamcity_sensors_month_file where feed_id = :feed and month = :month"
            " order by number desc limit 1"
        ),
        key,
    ).first()
    session.execute(
        sa.text(
            "update steamcity_sensors_month set written = greatest(written, :changes)"
            " where feed_id = :feed and month = :month"
        ),
        key | {"changes": changes},
    )
    if not file["rows"] or (newest and newest.sha256 == file["sha256"]):
        session.commit()
        return None
    number = newest.number + 1 if newest else 1
    name = f"{feed_id[:8]}_{month:%Y-%m}{f'_{number}' if number > 1 else ''}.csv"
    values = key | file | {"id": str(uuid.uuid4()), "number": number, "name": name}
    session.execute(
        sa.text(
            "insert into steamcity_sensors_month_file (id, feed_id, month, number, name, sha256, bytes, rows)"
            " values (:id, :feed, :month, :number, :name, :sha256, :bytes, :rows)"
        ),
        values,
    )
    session.commit()
    return {"feed": feed_id, "month": f"{month:%Y-%m}", "number": number, "name": name, **file}


def listed(feed_id: str) -> list[dict[str, Any]]:
    """Every file of a feed, newest month first and in it the newest file first."""
    rows = model.Session.execute(
        sa.text(
            "select *, lag(name) over (partition by month order by number desc) as superseded_by"
            " from steamcity_sensors_month_file where feed_id = :feed order by month desc, number desc"
        ),
        {"feed": feed_id},
    ).all()
    return [
        {
            "id": row.id,
            "feed": row.feed_id,
            "month": f"{row.month:%Y-%m}",
            "number": row.number,
            "name": row.name,
            "sha256": row.sha256,
            "bytes": row.bytes,
            "rows": row.rows,
            "created": row.created.isoformat(timespec="seconds"),
            "superseded_by": row.superseded_by,
        }
        for row in rows
    ]


def named(feed_id: str, name: str) -> dict[str, Any] | None:
    """A file by its name."""
    return next((file for file in listed(feed_id) if file["name"] == name), None)


def show_in_dataset(feed_id: str) -> bool:
    """Bring the resources of the feed's dataset in step with the files there are. Nothing is saved when they are."""
    dataset = model.Session.execute(
        sa.text("select dataset_id from steamcity_sensors_station where feed_id = :feed and dataset_id is not null"),
        {"feed": feed_id},
    ).scalar()
    package: Any = model.Package.get(dataset) if dataset else None
    if package is None or package.state != "active":
        return False
    wanted = [_resource(package.id, file) for file in listed(feed_id)]
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]

    def inside() -> Any:
        return {"ignore_auth": True, "user": user, "use_cache": False}

    shown = tk.get_action("package_show")(inside(), {"id": package.id})["resources"]
    ours = {one["id"] for one in wanted}
    if [_told(one) for one in shown if one["id"] in ours] == [_told(one) for one in wanted]:
        return False
    others = [one for one in shown if one["id"] not in ours]
    tk.get_action("package_patch")(inside(), {"id": package.id, "resources": wanted + others})
    return True


def _told(resource: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(resource.get(name) or "" for name in ("id", "url", "name", "sha256", "superseded_by"))


def _resource(dataset_id: str, file: dict[str, Any]) -> dict[str, Any]:
    site = tk.config["ckan.site_url"].rstrip("/")
    later = file["superseded_by"]
    return {
        "id": file["id"],
        "name": file["name"],
        "url": f"{site}/monitoring/{dataset_id}/months/{file['name']}",
        "format": "CSV",
        "mimetype": "text/csv",
        "size": file["bytes"],
        "sha256": file["sha256"],
        "rows": file["rows"],
        "month": file["month"],
        "superseded_by": later or "",
        "description": f"Superseded: values of this month came late, see {later}." if later else "",
    }
