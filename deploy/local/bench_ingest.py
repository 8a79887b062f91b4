"""`./portal bench ingest [--observations N]`: our ingest beside bare SQL and CKAN's DataStore, in one run."""

from __future__ import annotations

from typing import Any

import bench_inside
from instance import Instance

#: Ratios a run has to reach: our whole path beside `datastore_upsert`, and the part of it that writes beside bare SQL,
#: which neither flags nor rolls up.
LIMITS = {"ours / datastore_upsert": 24.0, "write_path / bare": 0.8}
#: What one process may take.
MEMORY_MB = 300


def run(instance: Instance, options: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Run the suite, print a table. The figures, and whether every limit is kept."""
    with bench_inside.running(instance, site=False):
        found = _measure(instance, options.get("--observations", "1000000"))
    return found, found["well"]


def _measure(instance: Instance, count: str) -> dict[str, Any]:
    found = bench_inside.measure(instance, "ingest.py", count, failed="The benchmark of the store failed")
    rates = found["per_second"]
    pairs = {name: name.split(" / ") for name in LIMITS}
    found["ratios"] = {name: round(rates[one] / rates[other], 2) for name, (one, other) in pairs.items()}
    found["well"] = (
        all(found["ratios"][name] >= limit for name, limit in LIMITS.items())
        and found["memory_mb"]["most"] <= MEMORY_MB
        and all(times["ours"] <= 2 * times["bare"] for times in found["queries_ms"].values())
    )
    _report(found)
    return found


def _report(found: dict[str, Any]) -> None:
    print(f"\n{found['observations']:,} observations\n")
    for name, rate in found["per_second"].items():
        print(f"{name:<28}{rate:>10,} a second")
    for name, ratio in found["ratios"].items():
        print(f"{name:<28}{ratio:>10} x, at least {LIMITS[name]}")
    memory = found["memory_mb"]
    print(f"{'memory':<28}{memory['most']:>10,} MB ({memory['at_start']} at the start; at most {MEMORY_MB})\n")
    for name, times in found["queries_ms"].items():
        print(f"{name:<36}{times['ours']:>8} ms, bare SQL {times['bare']} ms")
