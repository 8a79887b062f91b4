"""`./portal bench archive [--archive PATH]`: harvest an archive of sensors over HTTP, and compare what is stored with a
count of the files that knows nothing of the portal.

PATH is a folder or a tar file in the layout of Sensor.Community's archive. Without it the one among the samples is
taken (`STEAMCITY_SAMPLES`), else one is generated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path
from typing import Any

import bench_inside
import software
from instance import PROJECT, Instance
from machine import Trouble

_GENERATE = (
    "import sys, pathlib; from ckanext.steamcity.demo import feed; feed.write_archive(pathlib.Path(sys.argv[1]))"
)


def run(instance: Instance, options: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Run the suite, print both counts. The figures, and whether they agree."""
    folder = instance.path("feeds", f"archive-{uuid.uuid4().hex[:8]}")
    address = f"http://127.0.0.1:{instance.ports['feeds']}/{folder.name}/"
    with bench_inside.running(instance):
        try:
            source = _bring(folder, options.get("--archive") or _sample())
            failed = "The archive could not be harvested"
            found = bench_inside.measure(instance, "archive.py", folder, address, failed=failed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    found["source"] = source
    _report(found)
    return found, found["counted"] == found["stored"]


def _sample() -> str:
    samples = os.environ.get("STEAMCITY_SAMPLES", "")
    found = sorted(Path(samples).glob("feeds/sensor-community-archive*.tar.xz")) if samples else []
    return str(found[0]) if found else ""


def _bring(folder: Path, path: str) -> str:
    """Lay the archive into the folder the server gives out; what it is called."""
    if not path:
        subprocess.run([software.python(), "-c", _GENERATE, str(folder)], check=True, cwd=PROJECT)
        return "generated"
    given = Path(path)
    if given.is_dir():
        shutil.copytree(given, folder)
    else:
        with tarfile.open(given) as packed:
            packed.extractall(folder, filter="data")
    days = next(iter(sorted(folder.glob("**/[0-9]*-*-*/"))), None)
    if days is None:
        raise Trouble(f"{given.name} holds no folder of a day.")
    if days.parent != folder:
        for day in sorted(days.parent.iterdir()):
            day.rename(folder / day.name)
    return given.name


def _report(found: dict[str, Any]) -> None:
    print(f"\n{found['source']}, harvested in {found['seconds']} s\n")
    print(f"{'':<16}{'in the files':>14}{'stored':>14}")
    for name, number in found["counted"].items():
        stored = found["stored"][name]
        print(f"{name:<16}{number:>14,}{stored:>14,}{'' if number == stored else '   differs'}")
    humid = found["counted"]["humidity"]
    print(f"\n{found['counted']['saturated'] / humid:.1%} of the humidity values are saturated." if humid else "")
