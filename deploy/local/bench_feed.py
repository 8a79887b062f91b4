"""`./portal bench feed [--stations N]`: what a run of a network costs when there is nothing new, and its newest
values."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import software
import supervise
from instance import PROJECT, Instance
from machine import Trouble

#: Seconds of ours in a run with nothing new, and milliseconds of all newest values; these also as a multiple of the
#: bare SQL.
OWN_S, NEWEST_MS, TIMES_BARE = 2.0, 50.0, 2.0


def run(instance: Instance, options: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Run the suite, print what it found. The figures, and whether every limit is kept."""
    import portal

    was_running = supervise.pid(instance) is not None
    portal.up(instance, [])
    try:
        found = _measure(instance, options.get("--stations", "500"))
    finally:
        if not was_running:
            portal.down(instance, [])
    newest = found["newest_ms"]
    within = newest["ours"] <= NEWEST_MS and newest["ours"] <= TIMES_BARE * newest["bare"]
    return found, found["nothing_new_own_s"] <= OWN_S and within


def _measure(instance: Instance, stations: str) -> dict[str, Any]:
    command = [
        software.python(), str(PROJECT / "tests" / "bench" / "feed.py"), str(instance.path("etc", "ckan.ini")),
        str(instance.path("feeds")), f"http://127.0.0.1:{instance.ports['feeds']}", stations,
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    if answer.returncode:
        raise Trouble("The benchmark of a network failed: " + answer.stderr.strip().splitlines()[-1])
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    _report(found)
    return found


def _report(found: dict[str, Any]) -> None:
    newest = found["newest_ms"]
    print(f"\n{found['stations']:,} stations, a day of each\n")
    print(f"{'first run':<32}{found['first_run_s']:>8} s")
    print(f"{'a run with nothing new':<32}{found['nothing_new_s']:>8} s, with the source's time")
    print(f"{'of that ours':<32}{found['nothing_new_own_s']:>8} s, at most {OWN_S}")
    print(f"{'newest values of all':<32}{newest['ours']:>8} ms, at most {NEWEST_MS}; bare SQL {newest['bare']} ms")
