"""What the portal keeps of a feed and shows nobody: tokens that push to it, and the key of its codes.

It lies in `plugin_data` of the source's package, which CKAN shows nobody but sysadmins who ask for it, indexes
nowhere and writes into no activity (only `harvesters/` imports this).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as chance
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from ckan import model

_PLUGIN = "steamcity_harvester"
_MOST_TOKENS = 20


class TooMany(Exception):  # noqa: N818  says what happened
    """A feed has as many tokens as it may have."""


def secret(feed_id: str) -> str:
    """The key of a feed's codes; made when it is first needed and then for ever the same."""
    kept = _kept(feed_id)
    if "secret" not in kept:
        kept = _kept(feed_id, lock=True)
        kept.setdefault("secret", chance.token_hex(16))
        _keep(feed_id, kept)
    return str(kept["secret"])


def new_token(feed_id: str) -> dict[str, Any]:
    """A token, readable this once; only its digest is kept."""
    kept = _kept(feed_id, lock=True)
    tokens = kept.setdefault("tokens", [])
    if len([token for token in tokens if not token["revoked"]]) >= _MOST_TOKENS:
        model.Session.rollback()
        raise TooMany
    token = "sc_" + chance.token_urlsafe(32)
    entry = {
        "id": chance.token_hex(4),
        "sha256": _digest(token),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "revoked": None,
    }
    tokens.append(entry)
    _keep(feed_id, kept)
    return {"id": entry["id"], "token": token, "created": entry["created"]}


def tokens(feed_id: str) -> list[dict[str, Any]]:
    """The tokens of a feed, without their digests."""
    kept = _kept(feed_id).get("tokens", [])
    return [{name: token[name] for name in ("id", "created", "revoked")} for token in kept]


def revoke(feed_id: str, token_id: str) -> bool:
    """From now on this token opens nothing. False when there is no such token."""
    kept = _kept(feed_id, lock=True)
    found = [token for token in kept.get("tokens", []) if token["id"] == token_id]
    for token in found:
        token["revoked"] = token["revoked"] or datetime.now(UTC).isoformat(timespec="seconds")
    _keep(feed_id, kept)
    return bool(found)


def opens(feed_id: str, presented: str) -> bool:
    """Whether this token may push to the feed."""
    digest = _digest(presented)
    valid = [token["sha256"] for token in _kept(feed_id).get("tokens", []) if not token["revoked"]]
    return sum(hmac.compare_digest(digest, kept) for kept in valid) > 0  # every one, so that time tells nothing


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _kept(feed_id: str, *, lock: bool = False) -> dict[str, Any]:
    query = sa.select(model.Package.plugin_data).where(model.Package.id == feed_id)
    found = model.Session.execute(query.with_for_update() if lock else query).scalar()
    return {**((found or {}).get(_PLUGIN) or {})}


def _keep(feed_id: str, kept: dict[str, Any]) -> None:
    package: Any = model.Package.get(feed_id)
    if package is None:
        return
    package.plugin_data = {**(package.plugin_data or {}), _PLUGIN: kept}
    model.Session.commit()
