"""The guarded HTTP client against a real server on this machine, which it must not read unless it is listed."""

from __future__ import annotations

import http.server
import socket
import threading
import time
import tracemalloc
from contextlib import suppress
from typing import ClassVar

import ckan.plugins.toolkit as tk
import pytest
from ckanext.steamcity import net

pytestmark = pytest.mark.usefixtures("with_plugins")


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/redirect-inside":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/secret")
            self.end_headers()
            return
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        body = b"x" * 5000 if self.path == "/large" else b"hello"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        """Quiet."""


@pytest.fixture
def server():
    instance = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=instance.serve_forever, daemon=True).start()
    yield instance.server_address[1]
    instance.shutdown()
    instance.server_close()


@pytest.fixture
def listed(server, monkeypatch):
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [f"127.0.0.1:{server}"])
    return f"http://127.0.0.1:{server}"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "0x7f.1"]
)
def test_this_machine_is_not_read(server, host):
    """Under any of its spellings."""
    with pytest.raises(net.FetchError):
        net.fetch(f"http://{host}:{server}/")


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "fd00::1", "fe80::1",
        "64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2001:0:53aa:64c:0:fbfd:80ff:fffe",
        "::127.0.0.1", "::ffff:0:7f00:1", "fec0::1",
    ],
)  # fmt: skip
def test_private_addresses_are_not_allowed(address):
    """RFC 1918, link-local (cloud metadata), carrier-grade NAT, multicast, IPv6 local; IPv4 inside IPv6 (NAT64, 6to4,
    Teredo, compatible)."""
    assert not net.allowed(address, 80)


def test_public_addresses_are_allowed():
    """Those of documentation are not public, this one is."""
    assert net.allowed("1.1.1.1", 443)
    assert net.allowed("2606:4700:4700::1111", 443)


def test_a_listed_address_is_read(listed):
    """The operator's exception holds for the address and the port."""
    assert net.fetch(f"{listed}/").body == b"hello"


def test_a_redirect_inside_is_refused(listed, server, monkeypatch):
    """Each hop is judged by itself."""
    other = http.server.ThreadingHTTPServer(("127.0.0.2", 0), _Handler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    port = other.server_address[1]
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [f"127.0.0.2:{port}"])
    try:
        with pytest.raises(net.Refused):
            net.fetch(f"http://127.0.0.2:{port}/redirect-inside")
    finally:
        other.shutdown()
        other.server_close()


def test_a_name_that_changes_between_two_look_ups_gains_nothing(server, monkeypatch):
    """The address is judged when the connection is made, not before."""
    answers = iter(["1.1.1.1", "127.0.0.1"])

    def look_up(host, port, *arguments, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    socket.getaddrinfo("rebind.example", server)
    with pytest.raises(net.Refused):
        net.fetch(f"http://rebind.example:{server}/")


def test_too_much_is_refused(listed):
    """Size."""
    with pytest.raises(net.FetchError, match="larger"):
        net.fetch(f"{listed}/large", max_bytes=1000)


def test_redirects_end(listed):
    """Not for ever."""
    with pytest.raises(net.FetchError, match="redirects"):
        net.fetch(f"{listed}/loop")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org", "http://a:b@example.org/", "http:///x"]
)
def test_other_schemes_are_refused(url):
    """Only http and https, without passwords."""
    with pytest.raises(net.Refused):
        net.fetch(url)


@pytest.mark.parametrize(
    "host", ["[", "[::1", "a]b", "\u2100.com", "a" * 64 + ".org", "a..b", ".", "*", "x y", "127.0.0.1:99999999"]
)
def test_what_is_no_host_is_refused_in_a_sentence(host, monkeypatch):
    """Also where the address only shows when it is looked up."""
    monkeypatch.setattr(net, "_PAUSES", ())
    with pytest.raises(net.FetchError):
        net.fetch(f"http://{host}/")


def test_environment_proxies_are_ignored(listed, monkeypatch):
    """A proxy would see, and change, what we fetch."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert net.fetch(f"{listed}/").status == 200


class _Hostile(http.server.BaseHTTPRequestHandler):
    """What servers do to those who read them."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        getattr(self, "_" + self.path.strip("/").replace("-", "_"))()

    def _hangs(self) -> None:
        time.sleep(5)

    def _drips_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self._drip()

    def _drips_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self._drip()

    def _drips_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip()

    def _drip(self) -> None:
        with suppress(OSError):
            for _byte in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'[{"createdAt": "2026-')

    def _huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "3000000000")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(b"x" * 100_000)

    def _huge_unannounced(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for _chunk in range(30_000):
                self.wfile.write(b"x" * 100_000)

    def _endless_line(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            for _part in range(20_000):
                self.wfile.write(b"g" * 100_000)

    def _length_of_digits(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx")

    def _to_no_host(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://[")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _busy_twice(self) -> None:
        busy = self.asked.count(self.path) < 3
        self.send_response(429 if busy else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def _busy_for_a_day(self) -> None:
        self.send_response(503)
        self.send_header("Retry-After", "86400")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments) -> None:
        """Quiet."""


@pytest.fixture
def hostile(monkeypatch):
    instance = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hostile)
    instance.daemon_threads = True
    instance.block_on_close = False
    threading.Thread(target=instance.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{instance.server_address[1]}"
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [address])
    _Hostile.asked.clear()
    yield f"http://{address}"
    instance.shutdown()
    instance.server_close()


@pytest.mark.parametrize("path", ["hangs", "drips-body", "drips-endless", "drips-head"])
def test_a_server_that_takes_for_ever_is_cut_off_at_the_deadline(hostile, path):
    started = time.monotonic()
    with pytest.raises(net.FetchError, match="too long"):
        net.fetch(f"{hostile}/{path}", timeout=10, deadline=0.6)
    assert time.monotonic() - started < 2


def test_an_answer_cut_off_in_the_middle_is_no_answer(hostile):
    with pytest.raises(net.FetchError):
        net.fetch(f"{hostile}/cut")


@pytest.mark.parametrize("path", ["huge", "huge-unannounced"])
def test_three_gigabytes_are_not_taken_in(hostile, path):
    with pytest.raises(net.FetchError, match="larger"):
        net.fetch(f"{hostile}/{path}", max_bytes=1_000_000)


@pytest.mark.parametrize("path", ["endless-line", "length-of-digits", "to-no-host"])
def test_answers_that_are_none_end_soon_and_small(hostile, path, monkeypatch):
    """A line between two parts of a body may be endless, a length a number nobody can read."""
    monkeypatch.setattr(net, "_PAUSES", ())
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(net.FetchError):
        net.fetch(f"{hostile}/{path}", max_bytes=1_000_000, deadline=20)
    assert time.monotonic() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_name_with_many_silent_addresses_takes_no_longer_than_the_deadline(monkeypatch):
    def look_up(host, port, *arguments, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 1000

    def slow(self, _address):
        time.sleep(0.05)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", slow)
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", ["127.0.0.1:80"])
    started = time.monotonic()
    with pytest.raises(net.FetchError):
        net.fetch("http://many.example/", deadline=0.5)
    assert time.monotonic() - started < 3


def test_a_busy_server_is_asked_again_when_it_says(hostile):
    assert net.fetch(f"{hostile}/busy-twice").body == b"ok"
    assert len(_Hostile.asked) == 3


def test_nobody_waits_a_day_for_a_server(hostile):
    started = time.monotonic()
    with pytest.raises(net.FetchError, match="answered 503 and asks to come back later"):
        net.fetch(f"{hostile}/busy-for-a-day", deadline=30)
    assert time.monotonic() - started < 2
    assert len(_Hostile.asked) == 1
