"""Feeds that rest: nothing is fetched and nothing taken in until somebody starts them again (only `harvesters/` imports
this)."""

from __future__ import annotations

from datetime import UTC, datetime

from . import secrets


def since(feed_id: str) -> str | None:
    """When the feed was paused; None for one that works."""
    return secrets.kept(feed_id).get("paused")


def begin(feed_id: str) -> None:
    """Pause the feed; one that rests already has rested since then."""
    found = secrets.kept(feed_id, lock=True)
    found.setdefault("paused", datetime.now(UTC).isoformat(timespec="seconds"))
    secrets.keep(feed_id, found)


def end(feed_id: str) -> None:
    found = secrets.kept(feed_id, lock=True)
    found.pop("paused", None)
    secrets.keep(feed_id, found)
