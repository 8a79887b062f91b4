"""Reading of JSON that strangers send (pure): only what is asked for by name and type."""

from __future__ import annotations

import json
from typing import Any

from ckanext.steamcity.messages import N_, Message

from .base import FeedError


def table_or_list(data: bytes, else_said: str = N_("The source answered something that is not JSON.")) -> Any:
    """The JSON of an answer; FeedError for anything else (an HTML page, an answer that was cut off)."""
    try:
        found = json.loads(data)
        if b"\\ud" in data.replace(b"\x00", b"").lower():  # halves of a letter that cannot be written down
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise FeedError(Message(else_said)) from error
    return found


def sent(data: bytes) -> Any:
    """The same of what a device has sent, told to whoever looks after the device."""
    return table_or_list(data, N_("What was sent is not JSON."))


def unexpected() -> FeedError:
    return FeedError(Message(N_("The source answered in a shape that is not known.")))


def unexpected_body() -> FeedError:
    return FeedError(Message(N_("What was sent has a shape that is not known.")))


def circle() -> FeedError:
    return FeedError(Message(N_("The source leads from page to page without end.")))


def tables(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; what is no object is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(table: Any, *names: str) -> str:
    """A text below these names, empty when there is none."""
    for name in names:
        table = table.get(name) if isinstance(table, dict) else None
    return table if isinstance(table, str) else ""
