"""Bodies of requests that come too slowly, or would never end, do not hold a thread of the server.

Between the web server (gunicorn) and the application: a body that was announced longer than anything the site takes is
refused unread, and one that dawdles is cut off. Standard library only.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# As much as a browser may still send after a refusal, so that it sees the answer.
_TAKEN_IN = 256 * 1024 * 1024
_LEFT_TO_THE_SERVER = 1024 * 1024


class _Body:
    """The body, counted; a connection that falls silent is its end."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.taken, self.ended = stream, 0, False

    def _counted(self, part: bytes, wanted: int) -> bytes:
        self.taken += len(part)
        self.ended = self.ended or (not part and wanted != 0)
        return part

    def read(self, size: int = -1) -> bytes:
        try:
            return self._counted(self._stream.read() if size is None or size < 0 else self._stream.read(size), size)
        except (BlockingIOError, TimeoutError, ConnectionError):
            return self._counted(b"", -1)

    def readline(self, size: int = -1) -> bytes:
        try:
            return self._counted(self._stream.readline() if size < 0 else self._stream.readline(size), size)
        except (BlockingIOError, TimeoutError, ConnectionError):
            return self._counted(b"", -1)

    def readlines(self, _hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


class LimitedBodies:
    """A WSGI application whose requests have `patience` seconds, and one more for each `slowest` bytes announced."""

    def __init__(self, application: Callable[..., Any], *, patience: float = 30, slowest: int = 16 * 1024) -> None:
        self._application, self._patience, self._slowest = application, patience, slowest

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        announced = environ.get("CONTENT_LENGTH") or "0"
        length = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        if length > _TAKEN_IN:
            _deaf(environ)
            start_response("413 Content Too Large", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        if not length and not chunked:
            return self._application(environ, start_response)
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"])
        seconds = self._patience * 4 if chunked else self._patience + length / self._slowest
        clock = threading.Timer(seconds, _deaf, [environ])
        clock.daemon = True
        clock.start()

        def close() -> None:
            clock.cancel()
            left = length - body.taken if length else 0 if body.ended else _TAKEN_IN
            if left > _LEFT_TO_THE_SERVER:
                # The server would read the rest, however long, before it looks at the next request.
                _deaf(environ)

        try:
            answer = self._application(environ, start_response)
        except BaseException:
            clock.cancel()
            raise
        return _closing(answer, close)


class _closing:  # noqa: N801  reads like contextlib's
    """An answer, and what happens when it has been sent."""

    def __init__(self, parts: Any, close: Callable[[], None]) -> None:
        self._parts, self._then = parts, close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            self._then()


def _deaf(environ: dict[str, Any]) -> None:
    """Read nothing more of this connection; whoever waits for it goes on with what there is."""
    connection = environ.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
