"""What the portal keeps of a feed and shows nobody: tokens that push to it, and the key of its codes.

It lies in `plugin_data` of the source's package, which CKAN shows nobody but sysadmins who ask for it, indexes
nowhere and writes into no activity (only `harvesters/` imports this).
"""

from __future__ import annotations

import base64
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
    found = kept(feed_id)
    if "secret" not in found:
        found = kept(feed_id, lock=True)
        found.setdefault("secret", chance.token_hex(16))
        keep(feed_id, found)
    return str(found["secret"])


def new_token(feed_id: str, key: str = "") -> dict[str, Any]:
    """A token, readable this once; only its digest is kept. The same ``key`` (of a form that was sent twice) gives
    the same token."""
    token = "sc_" + (_derived(secret(feed_id), key) if key else chance.token_urlsafe(32))
    digest = _digest(token)
    found = kept(feed_id, lock=True)
    tokens = found.setdefault("tokens", [])
    entry = next((one for one in tokens if one["sha256"] == digest), None)
    if entry is None:
        if len([one for one in tokens if not one["revoked"]]) >= _MOST_TOKENS:
            model.Session.rollback()
            raise TooMany
        created = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"id": chance.token_hex(4), "sha256": digest, "created": created, "revoked": None}
        tokens.append(entry)
    keep(feed_id, found)
    return {"id": entry["id"], "token": token, "created": entry["created"]}


def _derived(secret_: str, key: str) -> str:
    made = hmac.new(secret_.encode(), b"token " + key.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def tokens(feed_id: str) -> list[dict[str, Any]]:
    """The tokens of a feed, without their digests."""
    found = kept(feed_id).get("tokens", [])
    return [{name: token[name] for name in ("id", "created", "revoked")} for token in found]


def revoke(feed_id: str, token_id: str) -> bool:
    """From now on this token opens nothing. False when there is no such token."""
    found = kept(feed_id, lock=True)
    meant = [token for token in found.get("tokens", []) if token["id"] == token_id]
    for token in meant:
        token["revoked"] = token["revoked"] or datetime.now(UTC).isoformat(timespec="seconds")
    keep(feed_id, found)
    return bool(meant)


def opens(feed_id: str, presented: str) -> bool:
    """Whether this token may push to the feed."""
    digest = _digest(presented)
    valid = [token["sha256"] for token in kept(feed_id).get("tokens", []) if not token["revoked"]]
    return sum(hmac.compare_digest(digest, one) for one in valid) > 0  # every one, so that time tells nothing


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def kept(feed_id: str, *, lock: bool = False) -> dict[str, Any]:
    """What lies there; ``lock``: until the end of the transaction nobody else writes it."""
    query = sa.select(model.Package.plugin_data).where(model.Package.id == feed_id)
    found = model.Session.execute(query.with_for_update() if lock else query).scalar()
    return {**((found or {}).get(_PLUGIN) or {})}


def keep(feed_id: str, values: dict[str, Any]) -> None:
    """Write it, and commit."""
    package: Any = model.Package.get(feed_id)
    if package is None:
        return
    package.plugin_data = {**(package.plugin_data or {}), _PLUGIN: values}
    model.Session.commit()
