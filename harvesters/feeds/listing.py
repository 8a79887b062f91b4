"""Names in a web server's directory listing (pure)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

_LONGEST = 200
# One walk over the page, whatever is in it. Python's HTML parser begins anew at every comment that does not end: 200 kB
# of them take minutes.
_LINK = re.compile(r"""<a\s[^<>]{0,500}?\bhref\s{0,9}=\s{0,9}(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))""", re.IGNORECASE)


def names(page: bytes) -> list[str]:
    """The plain relative names a listing links to, in its order, each once.

    Addresses, parent folders, queries and anything with a slash inside are left out: a listing can only name what
    lies in it.
    """
    links = _links(page.decode("utf-8", "replace"))
    return list(dict.fromkeys(name for link in links if (name := _plain(link))))


def _links(page: str) -> Iterator[str]:
    for found in _LINK.finditer(page):
        yield html.unescape(found[1] or found[2] or found[3] or "")


def _plain(link: str) -> str | None:
    name = unquote(link.removeprefix("./"))
    inner = name.removesuffix("/")
    if not inner or len(name) > _LONGEST or inner in (".", "..") or any(sign in inner for sign in "/\\:?#%\x00"):
        return None
    return name
