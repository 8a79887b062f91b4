"""COPY from text or bytes that are made while PostgreSQL reads them (pure). For the frame and every feature."""

from __future__ import annotations

from collections.abc import Iterable


class Parts:
    """Parts of a text, or of bytes, as a file that psycopg2's `copy_expert` reads. None of them may be empty: that is the end."""

    def __init__(self, parts: Iterable[str | bytes]) -> None:
        self._parts = iter(parts)

    def read(self, _size: int = -1) -> str | bytes:
        """The next part; the size that is asked for is the client's own buffer's and need not be kept."""
        return next(self._parts, "")
