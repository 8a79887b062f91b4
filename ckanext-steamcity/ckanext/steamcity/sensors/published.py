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
    """Datasets of networks that are not public."""
    package = model.Package
    found = model.Session.query(package.id).filter(
        package.type == "monitoring", sa.or_(package.private, package.state != model.State.ACTIVE)
    )
    return [row.id for row in found]


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
