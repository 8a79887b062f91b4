"""The columns of a file somebody gives to a feed, and what each may mean (only `harvesters/` imports this).

The file waits in Redis for an hour while its columns are sorted out: what a class has written down does not stay where
nobody asked for it.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from ckanext.steamcity.protocols import reader, units

from .feeds import quantities

_KEPT_SECONDS, _MOST_WAITING = 3600, 3
_CLOCK = re.compile(r"\b(time|timestamp|date|datetime|heure|ora|hora|fecha|data|час|време|дата|zeit)\b", re.IGNORECASE)
_COUNTING = re.compile(r"\b(seconds?|time \(seconds\)|secondes?|secondi|segundos|секунди)\b", re.IGNORECASE)
_UNIT = re.compile(r"[\[(]([^\])]{1,20})[\])]")
_MOST_COLUMNS = 40


def keep(user_id: str, data: bytes) -> str:
    """Let a file wait for its person; the answer is what it is found by."""
    token, redis, waiting = secrets.token_urlsafe(16), connect_to_redis(), f"steamcity:feed:files:{user_id}"
    redis.setex(_key(user_id, token), _KEPT_SECONDS, data)
    # Redis keeps them in memory: of one person only the newest wait.
    redis.lpush(waiting, token)
    redis.expire(waiting, _KEPT_SECONDS)
    formers: Any = redis.lrange(waiting, _MOST_WAITING, -1)
    for former in formers:
        forget(user_id, former.decode())
    redis.ltrim(waiting, 0, _MOST_WAITING - 1)
    return token


def kept(user_id: str, token: str) -> bytes | None:
    found: Any = connect_to_redis().get(_key(user_id, token[:100]))
    return found


def forget(user_id: str, token: str) -> None:
    connect_to_redis().delete(_key(user_id, token[:100]))


def _key(user_id: str, token: str) -> str:
    return f"steamcity:feed:file:{user_id}:{token}"


def of(data: bytes) -> list[dict[str, Any]]:
    """The columns: header, a value, what it probably means. Raises tk.ValidationError for what is no table."""
    try:
        source, *_others = reader.open_source(data)
        reader.place_header(source, lambda cell: bool(_guess(cell)))
        line = next((cells for _line, cells in source.rows()), [])
    except reader.Refused as error:
        raise tk.ValidationError({"upload": [tk.h.steamcity_message(error.message)]}) from error
    return [
        {"name": name, "example": line[index][:60] if index < len(line) else "", "means": _guess(name)}
        for index, name in enumerate(source.headers[:_MOST_COLUMNS])
        if name
    ]


def meanings() -> list[dict[str, str]]:
    """What a column may mean, as choices of a form."""
    found = [
        {"value": "", "label": tk._("leave out")},
        {"value": "time", "label": tk._("the time of the measurement")},
        {"value": "seconds", "label": tk._("seconds since the start")},
    ]
    own = quantities.known()
    for observed, unit in sorted(own.items(), key=lambda pair: tk.h.steamcity_property_title(pair[0])):
        for code in dict.fromkeys((unit, *units.others(unit))):
            label = f"{tk.h.steamcity_property_title(observed)} ({tk.h.steamcity_unit_symbol(code) or code})"
            found.append({"value": f"{observed}|{code}", "label": label})
    return found


def mapping(names: list[str], meant: list[str]) -> dict[str, Any]:
    """What a feed's configuration says of its columns."""
    found: dict[str, Any] = {}
    for name, meaning in zip(names, meant, strict=False):
        if meaning in ("time", "seconds"):
            found[name] = meaning
        elif "|" in meaning:
            observed, _bar, unit = meaning.partition("|")
            found[name] = {"property": observed, "unit": unit}
    return found


def _guess(header: str) -> str:
    """What a header says by itself; empty when it says nothing certain."""
    if _COUNTING.search(header):
        return "seconds"
    match = _UNIT.search(header)
    title = _UNIT.sub("", header).strip(" _:-")
    observed = quantities.named(title)
    if observed:
        unit = quantities.known()[observed]
        code = (quantities.unit_code(match[1]) if match else "") or unit
        return f"{observed}|{code}" if quantities.quantity((observed,), (code,)) else f"{observed}|{unit}"
    return "time" if _CLOCK.search(header) else ""
