"""A local archive for the feed tests: a real HTTP server over a folder, with faults on request."""

from __future__ import annotations

import functools
import http.server
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import werkzeug.serving
from box_service import Service
from ckanext.steamcity import net
from h3 import latlng_to_cell
from sensor_world import load_outlines


class Archive:
    """Files below `folder` at `url`; `answers` replaces the answer for a path by (status, body)."""

    def __init__(self, folder: Path, server: http.server.ThreadingHTTPServer) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{server.server_port}/"
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.hold: tuple[str, threading.Event] | None = None
        self.slow = 0.0

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class _Handler(http.server.SimpleHTTPRequestHandler):
    archive: Archive

    def do_GET(self) -> None:
        archive = self.archive
        path = self.path.lstrip("/")
        archive.asked.append(path)
        time.sleep(archive.slow)
        if archive.hold and archive.hold[0] in path:
            archive.hold[1].wait(60)
        if path in archive.answers:
            status, body = archive.answers[path]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    folder = tmp_path / "archive"
    folder.mkdir()
    handler = type("Handler", (_Handler,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    served = Archive(folder, server)
    handler.archive = served  # type: ignore[attr-defined]  # the class was made above
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [f"127.0.0.1:{server.server_port}"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A box behind a real HTTP server; the pauses between attempts are short."""
    served = Service()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            served.agents.add(self.headers.get("User-Agent", ""))
            fault = next((what for part, what in served.faults.items() if part in self.path), None)
            if callable(fault):
                with suppress(OSError):
                    fault(self)
                return
            status, body = fault if isinstance(fault, tuple) else (200, served.answer(self.path))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [f"127.0.0.1:{server.server_port}"])
    monkeypatch.setattr(net, "_PAUSES", (0.01, 0.01, 0.01))
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the portal logs: its loggers hand nothing on to the root, where `caplog` listens, and migrations switch
    them off."""
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("ckanext.steamcity")]:
        logging.getLogger(name).disabled = False
    loggers = [logging.getLogger(name) for name in ("ckan", "ckanext")]
    for logger in loggers:
        logger.addHandler(caplog.handler)
    yield caplog
    for logger in loggers:
        logger.removeHandler(caplog.handler)


@pytest.fixture
def city(clean_db) -> None:
    """The boundaries of the demo's cities."""
    load_outlines()


@pytest.fixture
def place(clean_db) -> str:
    """A cell in Aix."""
    return "cell:" + latlng_to_cell(43.529, 5.447, 8)


@pytest.fixture
def served(_application, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The portal as a server at an address of its own, for clients that speak HTTP themselves."""
    server = werkzeug.serving.make_server("127.0.0.1", 0, _application, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(tk.config, "ckan.site_url", url)
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", [url.removeprefix("http://")])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    server.shutdown()
    server.server_close()
    thread.join(10)
