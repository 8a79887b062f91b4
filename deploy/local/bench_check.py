"""`./portal bench check`: check, clean and load a long time series, ours against ckanext-xloader on plain CKAN.

Both read the same file and fill a table of the DataStore with its search index and indexes, in turn, each in a process
of its own. xloader is a yardstick only: it is installed beside the virtual environment, never into it.
"""

from __future__ import annotations

import hashlib
import math
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bench_inside
import setup_site
import software
from instance import LOCAL, PROJECT, Instance
from machine import Trouble

TOTAL, FIRST = 1.5, 10.0  # how many times faster ours has to be: the whole, and the checked first rows
_XLOADER = LOCAL / "bench" / "xloader"
_WAYS = {"ours": "ckan.ini", "copy": "vanilla.ini", "typed": "vanilla.ini"}
_TITLES = {"ours": "ours", "copy": "xloader, all columns text", "typed": "xloader, types guessed"}


def run(instance: Instance, options: dict[str, str]) -> tuple[dict, bool]:
    """Run the suite, print a table. The figures, and whether ours is as much faster as it has to be."""
    rows = int(options.get("--rows", "1000000"))
    with bench_inside.running(instance, site=False):
        setup_site.setup(instance, "_vanilla")
        _ensure_xloader()
        file = write_series(instance.path("bench"), rows)
        # The typed load takes many minutes; it is told for comparison and not judged.
        ways = [way for way in _WAYS if way != "typed" or rows <= 200_000]
        figures = {way: _load(instance, way, file) for way in ways}
    result = {"rows": rows, "bytes": file.stat().st_size, "loads": figures}
    return result, _report(result)


def write_series(folder: Path, rows: int) -> Path:
    """A file as a logger writes it: semicolons, decimal commas, local times, one row a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"series-{rows}.csv"
    if path.exists():
        return path
    begin = datetime(2021, 11, 1, tzinfo=UTC)
    with path.with_suffix(".new").open("w", encoding="utf-8") as out:
        out.write("time;co2;temperature;humidity\n")
        for i in range(rows):
            day = math.sin(i / 1440 * 2 * math.pi)
            at = begin + timedelta(minutes=i)
            co2 = 640 + round(150 * day) + i * 37 % 23
            temperature, humidity = 20 + 2 * day + i % 7 / 10, 45 - 5 * day + i % 11 / 10
            out.write(f"{at:%Y-%m-%d %H:%M:%S};{co2};{temperature:.1f};{humidity:.1f}\n".replace(".", ","))
    path.with_suffix(".new").replace(path)
    return path


def _ensure_xloader() -> None:
    """Install the yardstick without what it would change in our environment."""
    wanted = PROJECT / "tests" / "bench" / "requirements-xloader.txt"
    stamp, digest = _XLOADER / "stamp", hashlib.sha256(wanted.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    command = [software.python(), "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
               "--target", str(_XLOADER), "-r", str(wanted)]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Trouble("ckanext-xloader could not be installed: " + (result.stderr.strip().splitlines() or ["?"])[-1])
    stamp.write_text(digest)


def _load(instance: Instance, way: str, file: Path) -> dict[str, float]:
    print(f"{_TITLES[way]} …", flush=True)
    words = (way, file, instance.path("postgres", "postmaster.pid"))
    path = "" if way == "ours" else str(_XLOADER)
    return bench_inside.measure(instance, "load.py", *words, ini=_WAYS[way], failed=way, path=path)


def _report(result: dict) -> bool:
    loads = result["loads"]
    print(f"\n{result['rows']:,} rows, {result['bytes'] / 1e6:.1f} MB\n")
    print(f"{'':<28}{'first rows s':>14}{'total s':>10}{'CPU s':>10}{'peak MB':>10}")
    for way, row in loads.items():
        figures = f"{row['first']:>14.1f}{row['total']:>10.1f}{row['cpu']:>10.1f}{row['peak_mb']:>10.0f}"
        print(f"{_TITLES[way]:<28}{figures}")
    ours, theirs = loads["ours"], loads["copy"]
    total, cpu, first = (theirs[name] / ours[name] for name in ("total", "cpu", "first"))
    print(f"\nOurs is {total:.2f} × faster in total ({cpu:.2f} × in CPU seconds), limit {TOTAL}.")
    print(f"The checked first rows are there {first:.0f} × sooner, limit {FIRST:.0f}.")
    return total >= TOTAL and first >= FIRST
