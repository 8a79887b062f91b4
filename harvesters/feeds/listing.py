"""Names in a web server's directory listing (pure)."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

_LONGEST = 200


def names(page: bytes) -> list[str]:
    """The plain relative names a listing links to, in its order, each once.

    Addresses, parent folders, queries and anything with a slash inside are left out: a listing can only name what
    lies in it.
    """
    parser = _Links()
    parser.feed(page.decode("utf-8", "replace"))
    parser.close()
    return list(dict.fromkeys(name for link in parser.links if (name := _plain(link))))


def _plain(link: str) -> str | None:
    name = unquote(link.removeprefix("./"))
    inner = name.removesuffix("/")
    if not inner or len(name) > _LONGEST or inner in (".", "..") or any(sign in inner for sign in "/\\:?#%\x00"):
        return None
    return name


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for key, value in attrs if key == "href" and value]
