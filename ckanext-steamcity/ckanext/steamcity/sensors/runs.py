"""Runs of a feed: the lease, the attempt that fences zombies off, the cursor (only `sensors/` imports this).

The truth is in PostgreSQL; the queue only wakes somebody up. A run whose lease has passed is taken over by the
next who asks, with a higher attempt number, and whoever held it before can no longer write.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from ckan.types import AlchemySession as Session
from ckanext.steamcity.messages import N_, Message

#: Longer than the slowest single file can take; the holder renews it after every file.
LEASE_SECONDS = 300
#: After so many interrupted attempts a run is closed as failed, and the next one starts from its cursor.
ATTEMPTS = 5


class LeaseLost(Exception):  # noqa: N818  says what happened
    """Somebody else has taken the run over; whatever was not committed is void."""


def claim(session: Session, feed_id: str) -> dict[str, Any] | None:
    """Take the feed's live run, or start one; None while another worker holds it. Commits."""
    _close_worn_out(session, feed_id)
    session.execute(
        sa.text(
            "insert into steamcity_sensors_run (feed_id, state, cursor)"
            " values (:feed, 'queued', cast(:cursor as jsonb))"
            " on conflict (feed_id) where state in ('queued', 'running') do nothing"
        ),
        {"feed": feed_id, "cursor": json.dumps(_left_over(session, feed_id))},
    )
    row = session.execute(
        sa.text(
            """
            update steamcity_sensors_run set state = 'running', attempt = attempt + 1,
                started = coalesce(started, clock_timestamp()),
                lease_until = clock_timestamp() + make_interval(secs => :lease)
            where id = (
                select id from steamcity_sensors_run
                where feed_id = :feed and (state = 'queued' or (state = 'running' and lease_until <
                clock_timestamp())) for update skip locked limit 1
            )
            returning id, attempt, cursor, counts
            """
        ),
        {"feed": feed_id, "lease": LEASE_SECONDS},
    ).first()
    session.commit()
    return dict(row._mapping) if row else None


def renew(session: Session, run_id: int, attempt: int) -> None:
    """Prolong the lease and commit. Raises LeaseLost."""
    hold(session, run_id, attempt)
    session.commit()


def hold(
    session: Session,
    run_id: int,
    attempt: int,
    *,
    cursor: dict[str, Any] | None = None,
    counts: dict[str, int] | None = None,
) -> None:
    """Inside the caller's transaction: prove that the run is still ours, move its cursor, add to its counts."""
    row = session.execute(
        sa.text(
            "select counts from steamcity_sensors_run where id = :id and attempt = :attempt and state = 'running'"
            " and lease_until > clock_timestamp() for update"
        ),
        {"id": run_id, "attempt": attempt},
    ).first()
    if row is None:
        session.rollback()
        raise LeaseLost(f"run {run_id}, attempt {attempt}")
    total = dict(row.counts)
    for name, number in (counts or {}).items():
        total[name] = total.get(name, 0) + number
    session.execute(
        sa.text(
            "update steamcity_sensors_run set counts = cast(:counts as jsonb),"
            " cursor = coalesce(cast(:cursor as jsonb), cursor),"
            " lease_until = clock_timestamp() + make_interval(secs => :lease) where id = :id"
        ),
        {
            "id": run_id,
            "counts": json.dumps(total),
            "cursor": None if cursor is None else json.dumps(cursor),
            "lease": LEASE_SECONDS,
        },
    )


def finish(session: Session, run_id: int, attempt: int, error: dict[str, Any] | None = None) -> str:
    """Close the run: finished, or failed with a message. Commits. Returns the feed's id. Raises LeaseLost."""
    hold(session, run_id, attempt)
    feed = session.scalar(
        sa.text(
            "update steamcity_sensors_run set state = :state, error = cast(:error as jsonb), lease_until = null,"
            " finished = clock_timestamp() where id = :id returning feed_id"
        ),
        {
            "id": run_id,
            "state": "failed" if error else "finished",
            "error": json.dumps(error) if error else None,
        },
    )
    session.commit()
    return str(feed)


def release(session: Session, run_id: int, attempt: int) -> None:
    """Give the run back to the queue, for the next who asks to go on at once. Commits; a lost lease is nobody's
    error."""
    session.execute(
        sa.text(
            "update steamcity_sensors_run set state = 'queued', lease_until = null"
            " where id = :id and attempt = :attempt and state = 'running'"
        ),
        {"id": run_id, "attempt": attempt},
    )
    session.commit()


def _left_over(session: Session, feed_id: str) -> dict[str, Any]:
    """What the next run has to know of the last: all but the place where it stood.

    Files that could not be read are tried again, however old they are.
    """
    cursor = session.scalar(
        sa.text("select cursor from steamcity_sensors_run where feed_id = :feed order by id desc limit 1"),
        {"feed": feed_id},
    )
    return {name: value for name, value in (cursor or {}).items() if name != "after"}


def _close_worn_out(session: Session, feed_id: str) -> None:
    message = Message(N_("The run was interrupted {count} times and has been closed."), {"count": ATTEMPTS})
    session.execute(
        sa.text(
            "update steamcity_sensors_run set state = 'failed', error = cast(:error as jsonb), lease_until = null,"
            " finished = clock_timestamp() where feed_id = :feed and attempt >= :attempts"
            " and (state = 'queued' or (state = 'running' and lease_until < clock_timestamp()))"
        ),
        {"feed": feed_id, "attempts": ATTEMPTS, "error": json.dumps(message.to_dict())},
    )


def stop(session: Session, feed_id: str) -> bool:
    """End the live run, whoever holds it: its holder cannot write any more. Commits. False when there was none."""
    done: Any = session.execute(
        sa.text(
            "update steamcity_sensors_run set state = 'stopped', lease_until = null, finished = clock_timestamp()"
            " where feed_id = :feed and state in ('queued', 'running')"
        ),
        {"feed": feed_id},
    )
    session.commit()
    return bool(done.rowcount)


def live(session: Session, feed_id: str) -> dict[str, Any] | None:
    """The newest run of a feed, as whoever may write into it needs it."""
    row = session.execute(
        sa.text(
            "select id, state, attempt, counts, cursor, started, state = 'running' and lease_until > now() as held"
            " from steamcity_sensors_run where feed_id = :feed order by id desc limit 1"
        ),
        {"feed": feed_id},
    ).first()
    return dict(row._mapping) if row else None


def show(session: Session, feed_id: str, *, ended: bool = False) -> dict[str, Any] | None:
    """The newest run of a feed; the newest that has ended. `failures`: how many have failed since one went well."""
    row = session.execute(
        sa.text(
            "select id, state, attempt, counts, cursor, error, created, started, finished,"
            " state = 'running' and lease_until > now() as held,"
            " (select count(*) from steamcity_sensors_run f where f.feed_id = r.feed_id and f.state = 'failed'"
            " and f.id > coalesce((select max(g.id) from steamcity_sensors_run g"
            " where g.feed_id = r.feed_id and g.state = 'finished'), 0)) as failures"
            " from steamcity_sensors_run r where feed_id = :feed and (not :ended or state not in ('queued', 'running'))"
            " order by id desc limit 1"
        ),
        {"feed": feed_id, "ended": ended},
    ).first()
    if row is None:
        return None
    shown = dict(row._mapping)
    return shown | {name: shown[name] and shown[name].isoformat() for name in ("created", "started", "finished")}
