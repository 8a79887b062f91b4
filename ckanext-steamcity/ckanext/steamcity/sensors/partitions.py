"""Monthly partitions of the observations, in the PostgreSQL schema `steamcity_sensors` (only `sensors/` imports
this)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from ckan.types import AlchemySession as Session

SCHEMA = "steamcity_sensors"
_LOCK = 0x5C5E_0001


def ensure(session: Session, times: Iterable[datetime]) -> list[str]:
    """Make the partitions these moments need and commit; returns the names of the new ones.

    A transaction of its own, so that a long batch never holds a lock on the parent table. The table is made apart
    and then attached, which readers don't have to wait for; the advisory lock keeps two runs from making the same
    one.
    """
    months = sorted({(time.year, time.month) for time in (moment.astimezone(UTC) for moment in times)})
    missing = [month for month in months if not _exists(session, month)]
    if not missing:
        return []
    session.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    made = [_make(session, month) for month in missing if not _exists(session, month)]
    session.commit()
    return made


def _name(month: tuple[int, int]) -> str:
    return f"observation_{month[0]:04d}_{month[1]:02d}"


def _exists(session: Session, month: tuple[int, int]) -> bool:
    found = session.scalar(sa.text("select to_regclass(:name)"), {"name": f"{SCHEMA}.{_name(month)}"})
    return found is not None


def _make(session: Session, month: tuple[int, int]) -> str:
    year, number = month
    first = datetime(year, number, 1, tzinfo=UTC)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    name = f"{SCHEMA}.{_name(month)}"  # made of numbers only, so it may stand in the statement
    session.execute(sa.text(f"create table {name} (like public.steamcity_sensors_observation including all)"))
    session.execute(
        sa.text(
            f"alter table public.steamcity_sensors_observation attach partition {name}"
            f" for values from ('{first.isoformat()}') to ('{after.isoformat()}')"
        )
    )
    return name
