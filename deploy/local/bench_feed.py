"""`./portal bench feed [--stations N]`: what a run of a network costs when there is nothing new, and its newest
values."""

from __future__ import annotations

from typing import Any

import bench_inside
from instance import Instance

#: Seconds of ours in a run with nothing new, and milliseconds of all newest values; these also as a multiple of the
#: bare SQL.
OWN_S, NEWEST_MS, TIMES_BARE = 2.0, 50.0, 2.0


def run(instance: Instance, options: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Run the suite, print what it found. The figures, and whether every limit is kept."""
    with bench_inside.running(instance):
        server = f"http://127.0.0.1:{instance.ports['feeds']}"
        words = (instance.path("feeds"), server, options.get("--stations", "500"))
        found = bench_inside.measure(instance, "feed.py", *words, failed="The benchmark of a network failed")
    _report(found)
    newest = found["newest_ms"]
    within = newest["ours"] <= NEWEST_MS and newest["ours"] <= TIMES_BARE * newest["bare"]
    return found, found["nothing_new_own_s"] <= OWN_S and within


def _report(found: dict[str, Any]) -> None:
    newest = found["newest_ms"]
    print(f"\n{found['stations']:,} stations, a day of each\n")
    print(f"{'first run':<32}{found['first_run_s']:>8} s")
    print(f"{'a run with nothing new':<32}{found['nothing_new_s']:>8} s, with the source's time")
    print(f"{'of that ours':<32}{found['nothing_new_own_s']:>8} s, at most {OWN_S}")
    print(f"{'newest values of all':<32}{newest['ours']:>8} ms, at most {NEWEST_MS}; bare SQL {newest['bare']} ms")
