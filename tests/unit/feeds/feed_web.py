"""A web made of a dictionary, for adapters: address below the feed's → answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from ckanext.steamcity.harvesters.feeds import FeedFile, Gone, Known, Reading, Source, adapter
from ckanext.steamcity.harvesters.feeds.reader import Piece, read

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Web:
    """`pages`: address (decoded) → bytes, or a function of the address; what is not there is gone."""

    def __init__(self, pages: dict[str, bytes | Callable[[str], bytes]]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(self, path: str, _largest: int) -> bytes:
        plain = unquote_plus(path)
        self.asked.append(plain)
        for address, answer in self.pages.items():
            if plain == address:
                return answer(plain) if callable(answer) else answer
        for address, answer in self.pages.items():
            if address.endswith("*") and plain.startswith(address[:-1]):
                return answer(plain) if callable(answer) else answer
        raise Gone(plain)


def archive(files: Iterable[tuple[FeedFile, bytes]]) -> Web:
    """An archive of daily files with its listings; each file's path is `<day>/<name>`."""
    pages: dict[str, bytes | Callable[[str], bytes]] = {file.path: data for file, data in files}
    for place in [*pages, *{path.partition("/")[0] + "/" for path in pages}]:
        folder, _slash, name = place.rstrip("/").rpartition("/")
        address = folder + "/" if folder else ""
        link = name + ("/" if place.endswith("/") else "")
        pages[address] = bytes(pages.get(address, b"")) + f'<a href="{link}">x</a>'.encode()  # type: ignore[arg-type]
    return Web(pages)


def source(web: Web, provider: str, **options) -> Source:
    chosen = {name: check(options.pop(name, None)) for name, check in adapter(provider).options.items()}
    return Source(url="https://feed.example/", get=web, options=chosen, secret="key", now=NOW, **options)


def harvest(web: Web, provider: str, known: Known | None = None, **options) -> tuple[list[Reading], list[Piece]]:
    """Everything a run would read."""
    feed, asked = adapter(provider), source(web, provider, **options)
    pieces = list(read(feed, asked, feed.files(asked, known or Known(now=NOW))))
    return [reading for piece in pieces for reading in piece.readings], pieces
