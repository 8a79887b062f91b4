"""Guarded HTTP client: the only way the portal fetches an address that a person typed. Everybody may use it.

The address is checked when the connection is made, so a name that resolves to something else at a second look-up gains
nothing, and again at every redirect. Environment proxies are ignored. Size, time and number of redirects are limited;
when the time is over the connection is cut, whatever the other side is doing with it.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import ckan.plugins.toolkit as tk
import requests
import urllib3.connection
from requests.adapters import HTTPAdapter

_REDIRECTS = 5
_CHUNK = 1 << 16
_AGAIN = (429, 500, 502, 503, 504)
#: Seconds before the second, third and fourth attempt, unless the server asks for more.
_PAUSES = (0.5, 1.0, 2.0)
#: Longest line of a head, or between two parts of a body.
_LONGEST_LINE = 65_536
#: IPv6 addresses that are somebody's; what lies outside leads elsewhere, as NAT64 does into IPv4.
_UNICAST, _IN_IPV4 = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("2002::/16")
#: What may go wrong between here and a server that means harm: names that cannot be a host are ValueErrors.
_TROUBLES = (requests.RequestException, urllib3.exceptions.HTTPError, ValueError)


class FetchError(Exception):
    """The address could not be fetched; the text says why in one sentence."""


class Refused(FetchError):  # noqa: N818  (a refusal reads better than RefusedError)
    """The address is not one the portal may fetch."""


@dataclass(frozen=True)
class Fetched:
    """Answer of a fetch: final address, status, headers and the whole body."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


def fetch(url: str, *, max_bytes: int = 50_000_000, timeout: float = 30.0, deadline: float = 300.0) -> Fetched:
    """Fetch `url` with GET. Raises Refused or FetchError; never returns a body over `max_bytes`.

    A server that is busy (429, 5xx, no connection) is asked again, after the time it names in Retry-After; all of it
    together, pauses included, takes at most `deadline` seconds.
    """
    until = time.monotonic() + deadline
    with _Alarm(deadline) as alarm, requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = user_agent()
        adapter = _GuardedAdapter(alarm)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        for _hop in range(_REDIRECTS + 1):
            _check_scheme(url)
            response = _ask(session, url, timeout, until, alarm)
            if response.is_redirect:
                response.close()
                url = _joined(url, response.headers["Location"])
                continue
            try:
                body = b"".join(_limited(response, max_bytes, alarm))
            except _TROUBLES as error:
                raise _as_fetch_error(error, url, alarm) from error
            return Fetched(url, response.status_code, dict(response.headers), body)
    raise FetchError(f"More than {_REDIRECTS} redirects from {urlsplit(url).netloc}.")


def _ask(session: requests.Session, url: str, timeout: float, until: float, alarm: _Alarm) -> requests.Response:
    """The answer, its body not read yet; a busy server is asked again while there is time."""
    for pause in (*_PAUSES, None):
        trouble: FetchError
        try:
            response = session.get(url, stream=True, allow_redirects=False, timeout=timeout)
        except _TROUBLES as error:
            trouble = _as_fetch_error(error, url, alarm)
            if pause is None or alarm.rung or isinstance(trouble, Refused):
                raise trouble from error
        else:
            if response.status_code not in _AGAIN or pause is None:
                return response
            pause = max(pause, _retry_after(response.headers.get("Retry-After", "")))
            response.close()
            trouble = FetchError(f"{urlsplit(url).netloc} answered {response.status_code} and asks to come back later.")
        if time.monotonic() + pause >= until:
            raise trouble
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _retry_after(text: str) -> float:
    """Seconds a server asks to wait: a number or a date; 0 for what is neither."""
    if text.strip().isdecimal():
        return float(text[:20])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def user_agent() -> str:
    """How the portal names itself, with a contact, to the services it reads."""
    return f"SteamCity-Open-Data/0.1 (+{tk.config['ckan.site_url']}/about)"


def allowed(address: str, port: int) -> bool:
    """Whether the portal may open a connection to this IP address and port."""
    listed = tk.config.get("steamcity.net.allow_hosts") or []
    if f"{address}:{port}" in listed:
        return True
    parsed = ipaddress.ip_address(address)
    meant = getattr(parsed, "ipv4_mapped", None) or parsed
    if meant.version == 6 and (meant not in _UNICAST or meant in _IN_IPV4):
        return False
    return meant.is_global and not meant.is_multicast


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Refused("The answer leads to an address that cannot be read.") from error


def is_address(url: str) -> bool:
    """Whether this could be read: http or https, a host, no password in it."""
    try:
        _check_scheme(url)
    except Refused:
        return False
    return True


def _check_scheme(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Refused("This is no address of a server.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("Only http and https addresses can be read.")
    if parts.username or parts.password:
        raise Refused("An address with a password in it is not read.")


def _limited(response: requests.Response, max_bytes: int, alarm: _Alarm) -> Iterator[bytes]:
    length = 0
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > max_bytes):
        raise FetchError(f"The answer is larger than {max_bytes} bytes.")
    for chunk in response.iter_content(_CHUNK):
        length += len(chunk)
        if length > max_bytes:
            raise FetchError(f"The answer is larger than {max_bytes} bytes.")
        yield chunk
    if alarm.rung:
        raise FetchError("The answer took too long.")


def _as_fetch_error(error: Exception, url: str, alarm: _Alarm) -> FetchError:
    if alarm.rung:
        return FetchError("The answer took too long.")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Refused):
            return cause
        cause = cause.__cause__ or cause.__context__
    for argument in getattr(error, "args", ()):
        reason = getattr(argument, "reason", None)
        if isinstance(reason, Refused):
            return reason
    return FetchError(f"{urlsplit(url).netloc} could not be read ({type(error).__name__}).")


class _Alarm:
    """Cuts the connections of a fetch when its time is over. A time-out of each read alone would let a server that
    sends a byte now and then hold us for days."""

    def __init__(self, seconds: float) -> None:
        self.rung = False
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._timer.cancel()
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def watch(self, connection: socket.socket) -> None:
        """A second handle of the connection: encryption takes the first one over."""
        with self._lock:
            self._lines.append(connection.dup())
        if self.rung:
            self._ring()

    def _ring(self) -> None:
        self.rung = True
        with self._lock:
            for line in self._lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


def _connect(host: str, port: int, timeout: float | None, alarm: _Alarm) -> socket.socket:
    last: OSError | None = None
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not allowed(str(address[0]), port):
            raise Refused(f"{host} is not a public address, so the portal does not read it.")
        if alarm.rung:  # a name may have hundreds of addresses that never answer
            break
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            last = error
        else:
            return connection
    raise last or OSError(f"{host} has no address")


class _ShortLines:
    """A server's answer, no line of which is endless: urllib3 reads the length of a part up to the end of its line,
    however far that is."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readline(self, size: int = -1) -> bytes:
        return self._stream.readline(size if 0 <= size <= _LONGEST_LINE else _LONGEST_LINE + 1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Answer(http.client.HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp: Any = _ShortLines(self.fp)


class _HTTPConnection(urllib3.connection.HTTPConnection):
    alarm: _Alarm
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        return _open(self, self.alarm)


class _HTTPSConnection(urllib3.connection.HTTPSConnection):
    alarm: _Alarm
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        return _open(self, self.alarm)


def _open(connection: urllib3.connection.HTTPConnection, alarm: _Alarm) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, (int, float)) else None
    try:
        opened = _connect(connection._dns_host, connection.port, timeout, alarm)
    except OSError as error:
        raise urllib3.exceptions.NewConnectionError(connection, str(error)) from error
    alarm.watch(opened)
    return opened


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, alarm: _Alarm) -> None:
        self.alarm = alarm
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs)
        plain = type("Plain", (_HTTPConnection,), {"alarm": self.alarm})
        secure = type("Secure", (_HTTPSConnection,), {"alarm": self.alarm})
        pools = {
            "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        self.poolmanager.pool_classes_by_scheme = pools
