"""Bodies that are too long or too slow hold no thread: a server with one thread has to answer others soon."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
APPLICATION = """
from bodies import LimitedBodies

def take(environ, start_response):
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [])
        return (b"x" * 1_000_000 for _part in range(200))
    left = min(int(environ.get("CONTENT_LENGTH") or 0), int(environ.get("HTTP_X_TAKE", 10**9)))
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", ""):
        left = 10**9
    taken = 0
    while left > 0 and (part := environ["wsgi.input"].read(min(left, 65536))):
        taken, left = taken + len(part), left - len(part)
    answer = str(taken).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]

application = LimitedBodies(take, patience=1, slowest=1_000_000)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Port of a gunicorn with one thread and our configuration."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "small.py").write_text(APPLICATION)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(DEPLOY / "gunicorn.conf.py"),
        "--chdir",
        str(folder),
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "1",
        "--worker-class",
        "gthread",
        "--no-control-socket",
        "small:application",
    ]
    environment = {**os.environ, "PYTHONPATH": str(DEPLOY), "STEAMCITY_SILENCE": "1"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


def say(port: int, text: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(text)
    return connection


def others_are_served(port: int) -> None:
    started = time.monotonic()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=b"x" * 1000)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.read() == b"1000"
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    "beginning",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"POST / HTTP/1.1\r\nHo",
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Take: 1\r\nContent-Length: 50000000\r\n\r\nabc",
    ],
    ids=["length", "chunked", "head", "unread rest"],
)
def test_silence_in_the_middle_ends_a_connection(server, beginning):
    connection = say(server, beginning)
    others_are_served(server)
    connection.close()


def test_drops_are_too_slow_in_the_end(server):
    """One byte now and then is not silence, and is cut off all the same."""
    connection = say(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    started = time.monotonic()
    try:
        while time.monotonic() - started < 8:
            connection.sendall(b"x")
            connection.settimeout(0.3)
            try:
                if connection.recv(1000):
                    break
            except TimeoutError:
                continue
    except OSError:
        pass
    assert time.monotonic() - started < 6
    connection.close()


def test_two_gigabytes_are_refused_unread(server):
    """By what was announced."""
    connection = say(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n" + b"x" * 1000)
    assert connection.recv(100).startswith(b"HTTP/1.1 413")
    others_are_served(server)
    connection.close()


def test_a_long_body_in_good_time_arrives_whole(server):
    body = b"x" * 5_000_000
    request = urllib.request.Request(f"http://127.0.0.1:{server}/", data=body)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.read() == b"5000000"


def test_who_takes_nothing_of_a_long_answer_is_cut_off(server):
    """A download somebody stopped reading holds no thread for ever."""
    connection = say(server, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    connection.recv(10)
    others_are_served(server)
    connection.close()
