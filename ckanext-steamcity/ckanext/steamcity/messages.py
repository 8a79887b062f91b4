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


def n_(one: str, many: str) -> tuple[str, str]:
    """Mark what is said of one and what of another number, for ``counted``."""
    return one, many


def _english(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@dataclass(frozen=True)
class Message:
    """A sentence to be: ``text`` is a marked msgid, ``params`` its values, ``one`` what is said instead where the
    param ``count`` is one (empty: the same).

    A param may be a map of languages ``{"en": …, "fr": …}`` (a column's title) or another message as a dict.
    """

    text: str
    params: dict[str, Any] = field(default_factory=dict)
    one: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "params": self.params, **({"one": self.one} if self.one else {})}


def counted(forms: tuple[str, str], params: dict[str, Any]) -> Message:
    """A sentence about ``params["count"]`` things, with its forms as ``n_`` marks them."""
    one, many = forms
    return Message(many, params, one)


def fill(
    message: Message | dict[str, Any],
    gettext: Callable[[str], str] = N_,
    language: str = "en",
    ngettext: Callable[[str, str, int], str] = _english,
) -> str:
    """The sentence in one language. A missing value shows its name instead of failing a page."""
    data = message.to_dict() if isinstance(message, Message) else message
    given = data.get("params", {})
    params = {key: _show(value, gettext, language, ngettext) for key, value in given.items()}
    text, count = data["text"], given.get("count")
    if data.get("one") and isinstance(count, int):
        return ngettext(data["one"], text, count).format_map(_Gaps(params))
    return gettext(text).format_map(_Gaps(params))


def _show(value: Any, gettext: Callable[[str], str], language: str, ngettext: Callable[[str, str, int], str]) -> Any:
    if isinstance(value, Message) or (isinstance(value, dict) and "text" in value):
        return fill(value, gettext, language, ngettext)
    if isinstance(value, dict):
        return value.get(language) or value.get("en") or ""
    return value


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
