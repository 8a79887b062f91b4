"""Guarded HTTP client: the only way the portal fetches an address that a person typed. Everybody may use it.

The address is checked when the connection is made, so a name that resolves to something else at a second look-up gains
nothing, and again at every redirect. Environment proxies are ignored. Size, time and number of redirects are limited.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import ckan.plugins.toolkit as tk
import requests
import urllib3.connection
from requests.adapters import HTTPAdapter

_REDIRECTS = 5
_CHUNK = 1 << 16
_BACKOFF = urllib3.Retry(
    total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), redirect=False, raise_on_status=False
)


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
    """Fetch `url` with GET. Raises Refused or FetchError; never returns a body over `max_bytes`."""
    started = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = user_agent()
        adapter = _GuardedAdapter(max_retries=_BACKOFF)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        for _hop in range(_REDIRECTS + 1):
            _check_scheme(url)
            try:
                response = session.get(url, stream=True, allow_redirects=False, timeout=timeout)
                if response.is_redirect:
                    url = urljoin(url, response.headers["Location"])
                    response.close()
                    continue
                body = b"".join(_limited(response, max_bytes, started + deadline))
            except requests.RequestException as error:
                raise _as_fetch_error(error, url) from error
            return Fetched(url, response.status_code, dict(response.headers), body)
    raise FetchError(f"More than {_REDIRECTS} redirects from {urlsplit(url).netloc}.")


def user_agent() -> str:
    """How the portal names itself, with a contact, to the services it reads."""
    return f"SteamCity-Open-Data/0.1 (+{tk.config['ckan.site_url']}/about)"


def allowed(address: str, port: int) -> bool:
    """Whether the portal may open a connection to this IP address and port."""
    listed = tk.config.get("steamcity.net.allow_hosts") or []
    if f"{address}:{port}" in listed:
        return True
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not (mapped or parsed).is_multicast


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("Only http and https addresses can be read.")
    if parts.username or parts.password:
        raise Refused("An address with a password in it is not read.")


def _limited(response: requests.Response, max_bytes: int, until: float) -> Iterator[bytes]:
    length = 0
    for chunk in response.iter_content(_CHUNK):
        length += len(chunk)
        if length > max_bytes:
            raise FetchError(f"The answer is larger than {max_bytes} bytes.")
        if time.monotonic() > until:
            raise FetchError("The answer took too long.")
        yield chunk


def _as_fetch_error(error: Exception, url: str) -> FetchError:
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


def _connect(host: str, port: int, timeout: float | None) -> socket.socket:
    last: OSError | None = None
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not allowed(str(address[0]), port):
            raise Refused(f"{host} is not a public address, so the portal does not read it.")
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


class _HTTPConnection(urllib3.connection.HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self)


class _HTTPSConnection(urllib3.connection.HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self)


def _open(connection: urllib3.connection.HTTPConnection) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, (int, float)) else None
    try:
        return _connect(connection._dns_host, connection.port, timeout)
    except OSError as error:
        raise urllib3.exceptions.NewConnectionError(connection, str(error)) from error


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools = {
            "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": _HTTPConnection}),
            "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": _HTTPSConnection}),
        }
        self.poolmanager.pool_classes_by_scheme = pools
