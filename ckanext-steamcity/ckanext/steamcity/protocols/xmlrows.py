"""XML parts of a spreadsheet file, read in a stream: never whole in memory, no entities, no document types. Pure."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, Protocol
from xml.parsers import expat

from ..messages import N_
from .source import SAVE_AS_CSV, Refused

_CHUNK = 64 * 1024


class Handler(Protocol):
    """Hears the elements of a part by their local names and collects what it makes of them."""

    ready: list[Any]

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


def broken() -> Refused:
    return Refused("spreadsheet", N_("This spreadsheet file is damaged or not in a form we can read."), SAVE_AS_CSV)


def stream(archive: zipfile.ZipFile, part: str, handler: Handler) -> Iterator[Any]:
    """What the handler collects, as the part is read."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    local: dict[str, str] = {}

    def short(name: str) -> str:
        found = local.get(name)
        if found is None:
            found = local[name] = name.rpartition(" ")[2]
        return found

    def start(name: str, attributes: dict[str, str]) -> None:
        handler.start(short(name), {short(key): value for key, value in attributes.items()} if attributes else {})

    def refuse(*_: object) -> None:
        raise broken()

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: handler.end(short(name))
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
            if handler.ready:
                yield from handler.ready
                handler.ready.clear()
        parser.Parse(b"", True)
    yield from handler.ready
    handler.ready.clear()


def number(value: float) -> str:
    """A number as text that nobody can take for thousands: three decimals get a fourth, 21.125 → 21.1250."""
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    written = repr(value)
    return written + "0" if len(written.rpartition(".")[2]) == 3 and "e" not in written else written  # noqa: PLR2004
