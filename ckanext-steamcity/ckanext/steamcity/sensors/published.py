"""Which stations may be seen: those of every network whose dataset its reader may see (only `sensors/` imports this).

A network whose dataset was made private or taken away is not shown by another door. A station without a dataset (the
feed is only just being read) is shown: feeds are made to be published.
"""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context


def hidden_from_strangers() -> list[str]:
    """Datasets of stations that are not public: private, deleted, or purged and so not there at all."""
    found = model.Session.execute(
        sa.text(
            "select distinct s.dataset_id from steamcity_sensors_station s where s.dataset_id is not null and"
            " not exists (select from package p where p.id = s.dataset_id and p.state = 'active' and not p.private)"
        )
    )
    return list(found.scalars())


def hidden_from(context: Context) -> list[str]:
    """Datasets of networks whose stations this caller may not see."""
    if context.get("ignore_auth"):
        return []
    return [identifier for identifier in hidden_from_strangers() if not _may_see(context, identifier)]


def network(context: Context, feed_id: str) -> str:
    """The feed, where this caller may see its network. Raises tk.ObjectNotFound."""
    if hidden := hidden_from(context):
        query = "select 1 from steamcity_sensors_station where feed_id = :feed and dataset_id = any(:hidden) limit 1"
        if model.Session.scalar(sa.text(query), {"feed": feed_id, "hidden": hidden}):
            raise tk.ObjectNotFound(tk._("There is no such network."))
    return feed_id


def _may_see(context: Context, identifier: str) -> bool:
    try:
        tk.check_access("package_show", {"user": context.get("user", "")}, {"id": identifier})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True
