"""What the command says when the machine lacks something: one clear sentence each."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "deploy" / "local"))

import instance
import machine
import software


def test_a_port_in_use_is_named():
    """Which port, which part, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            machine.Trouble, match=rf"Port {port}, which solr needs, is in use.*STEAMCITY_PORT"
        ) as caught:
            machine.check_port(port, "solr")
    assert caught.value.code != 0


def test_too_little_room_is_said(tmp_path, monkeypatch):
    """How much is free and how much is needed."""
    monkeypatch.setattr(machine, "_NEEDED_BYTES", 10**18)
    with pytest.raises(machine.Trouble, match="too little room"):
        machine.check_room(tmp_path)


def test_no_network_is_said(tmp_path):
    """A real pip that reaches nobody."""
    command = [sys.executable, "-m", "pip", "download", "--index-url", "http://127.0.0.1:9/simple", "--retries", "1",
               "--no-deps", "--no-cache-dir", "-d", str(tmp_path), "steamcity-does-not-exist"]  # fmt: skip
    with pytest.raises(machine.Trouble, match="No network: the Python package index could not be reached"):
        software._run(command, "the Python package index")


def test_missing_java_is_named(monkeypatch, tmp_path):
    """With nothing on the path, the packages to install are named in full."""
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = machine.missing_packages()
    assert {"openjdk-17-jdk-headless", "maven", "redis-server"} <= set(missing)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not install")
def test_who_may_not_install_is_told_the_command():
    """Ordinary users without sudo get the exact command and nothing is tried."""
    program = (
        f"import sys; sys.path.insert(0, {str(PROJECT / 'deploy' / 'local')!r}); import machine\n"
        "try: machine.install_packages(['maven', 'redis-server'])\n"
        "except machine.Trouble as t: print(t); sys.exit(t.code)"
    )
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "python3", "-c", program]
    if not os.access("/usr/bin/python3", os.X_OK):
        pytest.skip("no system Python for another user")
    command[5] = "/usr/bin/python3"
    command.pop(4)
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert result.returncode == 3
    assert "apt-get install maven redis-server" in result.stdout


def test_the_command_names_every_package_where_there_is_no_python_yet(monkeypatch: pytest.MonkeyPatch):
    """What bash says before there is a Python is what Python would find missing on an empty machine."""
    monkeypatch.setattr(machine.shutil, "which", lambda _name: None)
    monkeypatch.setattr(machine.ctypes.util, "find_library", lambda _name: None)
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(machine.Path, "exists", lambda _path: False)
    missing = machine.missing_packages()
    monkeypatch.undo()
    said = re.search(r'^packages="(.*)"$', (PROJECT / "portal").read_text(), re.MULTILINE)
    assert said
    assert set(said[1].split()) - {"python3"} == set(missing)


@pytest.mark.parametrize(
    ("name", "environment", "port"),
    [
        ("portal", {}, 5000),
        ("test", {}, 5100),
        ("portal", {"STEAMCITY_PORT": "6000"}, 6000),
        ("test", {"STEAMCITY_PORT": "6000"}, 6100),
        ("bench", {"STEAMCITY_PORT": "6000"}, 6120),
        ("mine", {"STEAMCITY_PORT": "6000", "STEAMCITY_INSTANCE": "mine"}, 6000),
        ("test", {"STEAMCITY_PORT": "6000", "STEAMCITY_INSTANCE": "test"}, 6000),
    ],
)
def test_tests_run_beside_a_portal_on_any_port(
    name: str, environment: dict[str, str], port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The port somebody chose for the portal is never the one the tests take."""
    for variable in ("STEAMCITY_PORT", "STEAMCITY_INSTANCE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(instance, "LOCAL", tmp_path)
    assert instance.Instance(name).port == port
