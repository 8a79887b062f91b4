"""What a person has said and given while a feed is being added (only `harvesters/` imports this).

It waits in Redis for an hour under a key only its person knows, and never stands in an address: names of columns are
free text, and logs of web servers keep addresses.
"""

from __future__ import annotations

import json
import secrets
import zlib
from typing import Any

from ckan.lib.redis import connect_to_redis

_KEPT_SECONDS, _MOST_WAITING = 3600, 3


def keep(user_id: str, data: bytes = b"") -> str:
    """Let a file wait for its person; the answer is what it is found by."""
    token, redis, waiting = secrets.token_urlsafe(16), connect_to_redis(), f"steamcity:feed:files:{user_id}"
    redis.setex(_key(user_id, token), _KEPT_SECONDS, zlib.compress(data, 1))
    # Redis keeps them in memory: of one person only the newest wait.
    redis.lpush(waiting, token)
    redis.expire(waiting, _KEPT_SECONDS)
    formers: Any = redis.lrange(waiting, _MOST_WAITING, -1)
    for former in formers:
        forget(user_id, former.decode())
    redis.ltrim(waiting, 0, _MOST_WAITING - 1)
    return token


def replace(user_id: str, token: str, data: bytes) -> None:
    """Another file for what was said already."""
    connect_to_redis().setex(_key(user_id, token), _KEPT_SECONDS, zlib.compress(data, 1))


def kept(user_id: str, token: str) -> bytes | None:
    """The file; empty for a draft without one, None when there is nothing any more."""
    found: Any = connect_to_redis().get(_key(user_id, token))
    return None if found is None else zlib.decompress(found)


def remember(user_id: str, token: str, answers: dict[str, Any]) -> None:
    connect_to_redis().setex(_key(user_id, token, "answers"), _KEPT_SECONDS, json.dumps(answers))


def answers(user_id: str, token: str) -> dict[str, Any]:
    """What was said so far."""
    found: Any = connect_to_redis().get(_key(user_id, token, "answers"))
    return json.loads(found) if found else {}


def forget(user_id: str, token: str) -> None:
    connect_to_redis().delete(_key(user_id, token), _key(user_id, token, "answers"))


def _key(user_id: str, token: str, what: str = "file") -> str:
    return f"steamcity:feed:{what}:{user_id}:{token[:100]}"
