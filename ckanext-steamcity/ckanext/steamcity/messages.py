"""Messages of the pure modules: an English msgid with named places, and the values that go there, kept apart.

Everybody may import this. The frame's helper ``h.steamcity_message`` translates; ``fill`` is what it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:  # noqa: N802  the name gettext extractors look for
    """Mark a string for translation; it is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Message:
    """A sentence to be: ``text`` is a marked msgid, ``params`` its values.

    A param may be a map of languages ``{"en": …, "fr": …}`` (a column's title) or another message as a dict.
    """

    text: str
    params: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "params": self.params}


def fill(message: Message | dict[str, Any], gettext: Callable[[str], str] = N_, language: str = "en") -> str:
    """The sentence in one language. A missing value shows its name instead of failing a page."""
    data = message.to_dict() if isinstance(message, Message) else message
    params = {key: _show(value, gettext, language) for key, value in data.get("params", {}).items()}
    return gettext(data["text"]).format_map(_Gaps(params))


def _show(value: Any, gettext: Callable[[str], str], language: str) -> Any:
    if isinstance(value, Message) or (isinstance(value, dict) and "text" in value):
        return fill(value, gettext, language)
    if isinstance(value, dict):
        return value.get(language) or value.get("en") or ""
    return value


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
