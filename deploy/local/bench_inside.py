"""What the benchmarks share: an installation that is up while they measure, and scripts that measure inside CKAN."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import setup_site
import software
import supervise
from instance import PROJECT, Instance
from machine import Trouble


@contextlib.contextmanager
def running(instance: Instance, *, site: bool = True) -> Iterator[None]:
    """The installation with its site and demo, or its services and databases alone. What was off is off afterwards."""
    import portal

    was_running = supervise.pid(instance) is not None
    if site:
        portal.up(instance, [])
    else:
        portal.bring_up(instance)
        setup_site.setup(instance)
    try:
        yield
    finally:
        if not was_running:
            portal.down(instance, [])


def measure(instance: Instance, script: str, *words: object, ini: str = "ckan.ini", failed: str, path: str = "") -> Any:
    """What a script of `tests/bench` says in its last line. ``failed``: what to say where it ends otherwise; ``path``:
    where it finds packages that are not ours."""
    command = [software.python(), str(PROJECT / "tests" / "bench" / script), str(instance.path("etc", ini))]
    answer = subprocess.run(
        [*command, *map(str, words)], capture_output=True, text=True, check=False, cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    if answer.returncode:
        raise Trouble(f"{failed}: " + (answer.stderr.strip().splitlines() or ["no reason given"])[-1])
    return json.loads(answer.stdout.strip().splitlines()[-1])
