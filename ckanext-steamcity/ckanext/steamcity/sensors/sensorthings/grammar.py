"""Addresses of SensorThings: the path, and the options behind the question mark, also those nested in `$expand` (pure).

`odata-query` was looked at: it reads `$filter` only, knows neither `@iot.id` nor the `st_` functions, and its visitors
have no limit of depth; what it would save is less than what would have to be written around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from .expressions import Order, parse_filter, parse_order
from .refusal import NOT_HERE, NOT_SUPPORTED, TOO_MUCH, Refusal, shortened, unreadable

#: Signs of one address; steps of a path; levels and members of what is expanded.
LONGEST, MOST_STEPS, DEEPEST_EXPAND, MOST_EXPANDS = 8000, 8, 4, 24
_OPTIONS = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$resultFormat", "$skiptoken")
_STEP = re.compile(r"(?P<name>\$?[A-Za-z]\w*)(?:\((?P<key>.*)\))?", re.DOTALL)
_NUMBER = re.compile(r"\d{1,18}")
_WHOLE = re.compile(r"-?\d{1,40}")
_NAME = re.compile(r"@?[A-Za-z][\w.]*")


class Step(NamedTuple):
    """A part of a path: a name, and the key in brackets (a number or a text), None without one."""

    name: str
    key: int | str | None = None


class Expand(NamedTuple):
    name: str
    options: Options


@dataclass(frozen=True)
class Options:
    """What was asked of a list or an entity. `texts` are the options as they came, for the address of the next page."""

    filter: Any = None
    order: tuple[Order, ...] = ()
    select: tuple[str, ...] = ()
    expand: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    array: bool = False
    after: str = ""
    texts: dict[str, str] = field(default_factory=dict)


def parse_path(path: str) -> list[Step]:
    """The steps of a path below the service's root. Raises Refusal."""
    if len(path) > LONGEST:
        raise Refusal(400, TOO_MUCH, what=shortened(path))
    steps = [_step(part) for part in split(path.strip("/"), "/") if part]
    if len(steps) > MOST_STEPS:
        raise Refusal(400, TOO_MUCH, what=shortened(path))
    return steps


def _step(part: str) -> Step:
    match = _STEP.fullmatch(part)
    if match is None:
        raise Refusal(404, NOT_HERE)
    key = match["key"]
    if key is None:
        return Step(match["name"])
    if _WHOLE.fullmatch(key):
        return Step(match["name"], int(key))
    if len(key) >= 2 and key[0] == key[-1] == "'" and "'" not in key[1:-1].replace("''", ""):
        return Step(match["name"], key[1:-1].replace("''", "'"))
    raise unreadable(part)


def parse_query(query: str) -> Options:
    """The options of a query string as it came. What does not begin with a dollar is not ours. Raises Refusal."""
    if len(query) > LONGEST:
        raise Refusal(400, TOO_MUCH, what=shortened(query))
    pairs = []
    for pair in query.split("&"):
        name, _sign, value = pair.partition("=")
        name = unquote_plus(name).strip()
        if name.startswith("$"):
            try:
                pairs.append((name, unquote_plus(value, errors="strict")))
            except UnicodeDecodeError as error:
                raise unreadable(name) from error
    return _options(pairs, 0, [MOST_EXPANDS])


def _options(pairs: list[tuple[str, str]], depth: int, left: list[int]) -> Options:
    texts: dict[str, str] = {}
    for name, value in pairs:
        if name not in _OPTIONS:
            raise Refusal(501, NOT_SUPPORTED, what=shortened(name))
        if name in texts or "\x00" in value:
            raise unreadable(f"{name}={value}")
        texts[name] = value
    expand: list[Expand] = []
    if "$expand" in texts:
        expand = _expands(texts["$expand"], depth + 1, left)
    wanted = texts.get("$filter", "").strip()
    order = texts.get("$orderby", "").strip()
    return Options(
        filter=parse_filter(wanted) if wanted else None,
        order=parse_order(order) if order else (),
        select=_names(texts.get("$select", "")),
        expand=tuple(expand),
        top=_whole(texts, "$top"),
        skip=_whole(texts, "$skip") or 0,
        count=_flag(texts),
        array=_array(texts),
        after=texts.get("$skiptoken", ""),
        texts=texts,
    )


def _expands(text: str, depth: int, left: list[int]) -> list[Expand]:
    found: list[Expand] = []
    for part in split(text, ","):
        left[0] -= 1
        if left[0] < 0 or depth > DEEPEST_EXPAND:
            raise Refusal(400, TOO_MUCH, what="$expand")
        names, bracket, inside = part.strip().partition("(")
        if bracket and not inside.endswith(")"):
            raise unreadable(part)
        pairs = []
        for option in split(inside[:-1], ";") if bracket else []:
            if option.strip():
                name, _sign, value = option.strip().partition("=")
                pairs.append((name.strip(), value))
        first, _slash, rest = names.strip().partition("/")
        if not _NAME.fullmatch(first):
            raise unreadable(part)
        if rest:  # Datastreams/Observations(…) is Datastreams($expand=Observations(…))
            pairs = [("$expand", rest + (bracket + inside if bracket else ""))]
        found.append(Expand(first, _options(pairs, depth, left)))
    if len({one.name for one in found}) != len(found):
        return _merged(found, text)
    return found


def _merged(found: list[Expand], text: str) -> list[Expand]:
    """`A/B,A/C` are two ways into the same A."""
    together: dict[str, Expand] = {}
    for one in found:
        before = together.get(one.name)
        if before is None:
            together[one.name] = one
        elif set(before.options.texts) <= {"$expand"} and set(one.options.texts) <= {"$expand"}:
            members = {member.name: member for member in (*before.options.expand, *one.options.expand)}
            joined = ",".join(o.options.texts["$expand"] for o in (before, one) if "$expand" in o.options.texts)
            texts = {"$expand": joined} if joined else {}
            together[one.name] = Expand(one.name, Options(expand=tuple(members.values()), texts=texts))
        else:
            raise unreadable(text)
    return list(together.values())


def split(text: str, sign: str) -> list[str]:
    """Parts between signs that stand neither in quotes nor in brackets. Raises Refusal where these don't close."""
    parts, begin, depth, quoted = [], 0, 0, False
    for at, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth < 0:
                raise unreadable(text[at:])
        elif letter == sign and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    if quoted or depth:
        raise unreadable(text[begin:])
    return [*parts, text[begin:]]


def _names(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > MOST_EXPANDS or any(not _NAME.fullmatch(name) for name in names):
        raise unreadable(text)
    return tuple("id" if name == "@iot.id" else name for name in names)


def _whole(texts: dict[str, str], name: str) -> int | None:
    if name not in texts:
        return None
    if not _NUMBER.fullmatch(texts[name].strip()):
        raise unreadable(f"{name}={texts[name]}")
    return int(texts[name])


def _flag(texts: dict[str, str]) -> bool:
    value = texts.get("$count", "false").strip()
    if value not in ("true", "false"):
        raise unreadable(f"$count={value}")
    return value == "true"


def _array(texts: dict[str, str]) -> bool:
    value = texts.get("$resultFormat", "").strip()
    if value not in ("", "dataArray"):
        raise Refusal(501, NOT_SUPPORTED, what=shortened(f"$resultFormat={value}"))
    return value == "dataArray"
