"""The embedded stack: what is killed comes back, all of it too when `up` is asked, and `down` leaves nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
import supervise
from conftest import STACK, portal


def processes() -> list[int]:
    """Every process of the installation, found by its folder in the command line or its site's port."""
    marks = (str(STACK.home) + "/", "--instance stacktest ", "127.0.0.1:5160")
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if any(mark in words for mark in marks):
                    found.append(int(folder.name))
    return found


def until_healthy(seconds: float = 120) -> str:
    """Wait for a clean bill of health and return the last report."""
    end = time.monotonic() + seconds
    while True:
        report = portal("status")
        if report.returncode == 0 or time.monotonic() > end:
            return report.stdout
        time.sleep(1)


def process_id(name: str) -> int:
    if name == "supervisord":
        return supervise.pid(STACK) or 0
    return next(one["pid"] for one in supervise.rpc(STACK).getAllProcessInfo() if one["name"] == name)


@pytest.mark.parametrize("name", ["postgres", "redis", "solr", "web", "worker", "feeds", "watcher", "supervisord"])
def test_a_killed_process_is_back_by_itself(name):
    """kill -9 of any one, the supervisor and its watcher included."""
    before = process_id(name)
    os.kill(before, signal.SIGKILL)
    time.sleep(3)
    assert "Healthy." in until_healthy()
    assert process_id(name) not in (0, before)


def test_up_again_is_quick_and_changes_nothing():
    """Nothing lost, nothing doubled, at most 30 seconds."""
    supervisor = supervise.pid(STACK)
    started = time.monotonic()
    assert portal("up", "--no-demo").returncode == 0
    assert time.monotonic() - started < 30
    assert supervise.pid(STACK) == supervisor


def test_up_after_everything_was_killed():
    """Stale pid files and Solr's write.lock stay behind; `up` is not misled by them."""
    for number in processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    time.sleep(1)
    assert portal("status").returncode == 1
    assert portal("up", "--no-demo").returncode == 0
    assert "Healthy." in until_healthy()


def test_status_names_the_part_that_is_not_healthy():
    """Exit code and sentence match."""
    supervise.rpc(STACK).stopProcess("redis")
    report = portal("status")
    supervise.rpc(STACK).startProcess("redis")
    assert report.returncode == 1
    assert "redis" in next(line for line in report.stdout.splitlines() if "running" not in line)


def test_down_leaves_nothing_running():
    """Not one process of the installation."""
    assert portal("down").returncode == 0
    time.sleep(1)
    assert processes() == []
    assert portal("status").returncode == 1
