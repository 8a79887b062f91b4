"""Filters and orders of SensorThings: text in, tree out (pure).

A small recursive descent over one regular expression. Chains of `and`, `or` and sums are flat loops; whatever nests is
counted, so that no text can exhaust the stack. What the words mean is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from .refusal import TOO_MUCH, Refusal, unreadable

#: Words and signs of one expression; how deep it may nest.
MOST_TOKENS, DEEPEST = 600, 20

_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+\- ]\d\d:?\d\d)?"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<typed>(?:geography|duration)'(?:[^']|'')*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<interval>{_MOMENT}/{_MOMENT})
    | (?P<moment>{_MOMENT})
    | (?P<day>\d{{4}}-\d\d-\d\d(?![\dT]))
    | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{{1,6}})?)?(?![\d:]))
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<word>@?[A-Za-z_][\w.]*(?:/@?[A-Za-z_][\w.]*)*)
    | (?P<sign>[(),])
    )""",
    re.VERBOSE,
)
_DURATION = re.compile(
    r"(?P<minus>-)?P(?:(?P<days>\d{1,5})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_SUMS, _PRODUCTS = ("add", "sub"), ("mul", "div", "mod")


class Literal(NamedTuple):
    """A value. Kinds: text integer number time day clock interval duration geography (its WKT) boolean null."""

    kind: str
    value: Any


class Path(NamedTuple):
    """Names from an entity on: properties, or links and then a property. `@iot.id` is `id`."""

    names: tuple[str, ...]


class Call(NamedTuple):
    name: str
    arguments: tuple[Any, ...]


class Binary(NamedTuple):
    """A comparison or an operation of two values."""

    sign: str
    left: Any
    right: Any


class Logic(NamedTuple):
    """`and` or `or` of two or more."""

    sign: str
    parts: tuple[Any, ...]


class Not(NamedTuple):
    part: Any


class Order(NamedTuple):
    by: Any
    descending: bool


def parse_filter(text: str) -> Any:
    """The tree of a `$filter`. Raises Refusal (400)."""
    parser = _Parser(text)
    found = parser.either()
    parser.end()
    return found


def parse_order(text: str) -> tuple[Order, ...]:
    """What `$orderby` names, in turn. Raises Refusal (400)."""
    parser, found = _Parser(text), []
    while True:
        by = parser.sum()
        word = parser.take_word("asc", "desc", "ASC", "DESC")  # FROST's client writes them large
        found.append(Order(by, word.lower() == "desc"))
        if not parser.take_sign(","):
            parser.end()
            return tuple(found)


@dataclass
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise unreadable(text[at:].lstrip())
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        if len(found) > MOST_TOKENS:
            raise Refusal(400, TOO_MUCH, what="$filter")
        at = match.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at, self._depth = text, _tokens(text), 0, 0

    def either(self) -> Any:
        return self._chain("or", lambda: self._chain("and", self._negation))

    def sum(self) -> Any:
        return self._operations(_SUMS, lambda: self._operations(_PRODUCTS, self._factor))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._unreadable()

    def take_word(self, *words: str) -> str:
        token = self._peek()
        if token and token.kind == "word" and token.text in words:
            self._at += 1
            return token.text
        return ""

    def take_sign(self, sign: str) -> bool:
        token = self._peek()
        if token and token.kind == "sign" and token.text == sign:
            self._at += 1
            return True
        return False

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _unreadable(self) -> Refusal:
        token = self._peek()
        return unreadable(self._text[token.at :] if token else self._text)

    def _chain(self, word: str, part: Any) -> Any:
        parts = [part()]
        while self.take_word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(word, tuple(parts))

    def _operations(self, words: tuple[str, ...], part: Any) -> Any:
        left, count = part(), 0
        while word := self.take_word(*words):
            count += 1
            if count > DEEPEST:
                raise Refusal(400, TOO_MUCH, what=word)
            left = Binary(word, left, part())
        return left

    def _negation(self) -> Any:
        if not self.take_word("not"):
            return self._comparison()
        self._deeper()
        found = Not(self._negation())
        self._depth -= 1
        return found

    def _comparison(self) -> Any:
        left = self.sum()
        sign = self.take_word(*_COMPARISONS)
        return Binary(sign, left, self.sum()) if sign else left

    def _factor(self) -> Any:
        token = self._peek()
        if token is None:
            raise self._unreadable()
        if self.take_sign("("):
            return self._inside(self.either, ")")
        if token.kind == "sign":
            raise self._unreadable()
        self._at += 1
        if token.kind != "word":
            return _literal(token)
        if self.take_sign("("):
            return Call(token.text, tuple(self._inside(self._arguments, ")")))
        return _word(token.text)

    def _arguments(self) -> list[Any]:
        token = self._peek()
        if token and token.kind == "sign" and token.text == ")":
            return []
        found = [self.either()]
        while self.take_sign(","):
            found.append(self.either())
        return found

    def _inside(self, part: Any, close: str) -> Any:
        self._deeper()
        found = part()
        if not self.take_sign(close):
            raise self._unreadable()
        self._depth -= 1
        return found

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refusal(400, TOO_MUCH, what="(((")


def _word(text: str) -> Any:
    if text in ("true", "false"):
        return Literal("boolean", text == "true")
    if text == "null":
        return Literal("null", None)
    return Path(tuple("id" if name == "@iot.id" else name for name in text.split("/")))


def _literal(token: _Token) -> Literal:
    text = token.text
    try:
        if token.kind == "text":
            return Literal("text", text[1:-1].replace("''", "'"))
        if token.kind == "typed":
            kind, _quote, value = text.partition("'")
            value = value[:-1].replace("''", "'")
            return Literal(kind, _duration(value) if kind == "duration" else value)
        if token.kind == "interval":
            begin, _slash, end = text.partition("/")
            return Literal("interval", (moment(begin), moment(end)))
        if token.kind == "moment":
            return Literal("time", moment(text))
        if token.kind == "day":
            return Literal("day", date.fromisoformat(text))
        if token.kind == "clock":
            return Literal("clock", time.fromisoformat(text))
        return _number(text)
    except (ValueError, OverflowError) as error:
        raise unreadable(text) from error


def _number(text: str) -> Literal:
    if re.fullmatch(r"-?\d+", text):
        if len(text) > 40:
            raise ValueError(text)
        return Literal("integer", int(text))
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return Literal("number", value)


def moment(text: str) -> datetime:
    """A moment in ISO 8601; a plus sign that became a space in the address is one again; without a zone it is UTC."""
    found = datetime.fromisoformat(text.replace(" ", "+"))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(text)
    parts = {name: float(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    found = timedelta(**parts)
    return -found if match["minus"] else found
