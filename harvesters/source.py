"""A remote source, read through the guarded HTTP client (only `harvesters/` imports this)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlsplit

from ckanext.steamcity import net

from . import feeds
from .config import FeedConfig, folder

#: Bounds that make a single answer's worst case shorter than a run's lease.
_TIMEOUT, _DEADLINE = 20.0, 60.0
_GONE = (404, 410)


def open_source(
    url: str,
    config: FeedConfig,
    secret: str = "",
    seconds: float | None = None,
    notes: dict[str, Any] | None = None,
) -> feeds.Source:
    """What the adapter of a feed is given. ``seconds``: everything it asks for may take so long together; ``notes``:
    what it noted before, to which it adds."""
    first, last = config.days()
    return feeds.Source(
        url=folder(url),
        get=_Getter(folder(url), config.options.get("archive") or "", seconds),
        options=config.options,
        sensors=config.sensors,
        first_day=first,
        last_day=last,
        secret=secret,
        notes={} if notes is None else notes,
    )


class _Getter:
    """Fetches what lies below the feed's address, or what the source itself names on its own host."""

    def __init__(self, base: str, archive: str = "", seconds: float | None = None) -> None:
        self._base = base
        self._until = None if seconds is None else time.monotonic() + seconds
        self._hosts = {urlsplit(address).hostname for address in (base, archive) if address}

    def __call__(self, path: str, largest: int) -> bytes:
        address = self._address(path)
        host = urlsplit(address).netloc
        left = _DEADLINE if self._until is None else min(_DEADLINE, self._until - time.monotonic())
        if left <= 0:
            raise feeds.Unreachable(f"{host} took too long.", "slow")
        try:
            answer = net.fetch(address, max_bytes=largest, timeout=min(_TIMEOUT, left), deadline=left)
        except net.Refused as error:
            raise feeds.Unreachable(str(error), "private") from error
        except net.FetchError as error:
            slow = self._until is not None and time.monotonic() >= self._until - 0.1
            raise feeds.Unreachable(str(error), "slow" if slow else "silent") from error
        if answer.status in _GONE:
            raise feeds.Gone(host)
        if answer.status != 200:
            raise feeds.Unreachable(f"{host} answered {answer.status}.", "refused")
        return answer.body

    def _address(self, path: str) -> str:
        """Relative paths may hold a query. A whole address (a next page) must be of the feed's own host or its
        archive's."""
        if not path.startswith(("http://", "https://")):
            plain, mark, query = path.partition("?")
            return self._base + quote(plain, safe="/()$,='@:;") + mark + quote(query, safe="/()$,='@:;&?+%")
        try:
            host = urlsplit(path).hostname
        except ValueError:  # brackets that don't close and the like
            host = None
        if host not in self._hosts:
            raise feeds.Unreachable(f"{urlsplit(self._base).netloc} leads to another host, which is not read.")
        return path
