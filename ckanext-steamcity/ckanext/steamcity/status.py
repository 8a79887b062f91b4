"""Whether the parts of the portal work, asked of each. Used by the frame's page only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.jobs import get_queue
from ckan.lib.search import is_available
from ckanext.steamcity.messages import N_
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)


def parts() -> list[dict[str, Any]]:
    """Each part: its `title`, whether it `works`, and whether nothing can be read without it (`needed`)."""
    return [
        {"title": tk._(title), "works": _works(title, check), "needed": check is not _worker}
        for title, check in _PARTS.items()
    ]


def _works(title: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (RedisError, SQLAlchemyError, OSError):
        log.exception("Not working: %s", title)
        return False


def _database() -> bool:
    return model.Session.execute(sa.text("select 1")).scalar() == 1


def _search() -> bool:
    return bool(is_available())


def _worker() -> bool:
    """A worker says every few minutes that it is there, and is forgotten when it does not."""
    return Worker.count(connection=get_queue().connection) > 0


_PARTS: dict[str, Callable[[], bool]] = {
    N_("Results, schools and readings (database)"): _database,
    N_("Search"): _search,
    N_("Work in the background: readings of sensors, registration of identifiers"): _worker,
}
