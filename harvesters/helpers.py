"""Template helpers of the harvester plugin."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from . import standing

__all__ = ["steamcity_feed_state", "steamcity_feeds_of"]


def steamcity_feeds_of(organization_id: str) -> list[dict[str, Any]] | None:
    """The feeds of an organisation for those who look after them; None for everybody else."""
    try:
        context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
        return tk.get_action("steamcity_feed_list")(context, {"owner_org": organization_id})
    except tk.NotAuthorized:
        return None


def steamcity_feed_state(state: str) -> str:
    """The state of a feed in words."""
    return tk._(standing.STATES[state]) if state in standing.STATES else ""
