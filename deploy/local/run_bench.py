"""`./portal bench [SUITE …]`: ours against what others do, on this machine; options: `OPTIONS` below.

A suite is a module with `run(instance, options)`; all run when none is named. What counts is the ratio within one run.
"""

from __future__ import annotations

import json
from pathlib import Path

import bench_check
import bench_feed
import bench_ingest
import bench_push
import bench_search
from instance import Instance
from machine import Trouble

SUITES = {
    "search": bench_search.run,
    "check": bench_check.run,
    "ingest": bench_ingest.run,
    "feed": bench_feed.run,
    "push": bench_push.run,
}
OPTIONS = ("--datasets", "--rows", "--observations", "--stations", "--devices", "--json")


def run(instance: Instance, words: list[str]) -> int:
    """Run the suites and write their figures as JSON. 0 when all are within their limits."""
    chosen, options = [], {}
    rest = iter(words)
    for word in rest:
        if word in OPTIONS:
            options[word] = next(rest, "")
        elif word in SUITES:
            chosen.append(word)
        else:
            raise Trouble(f"There is no benchmark {word!r}; there are: {', '.join(SUITES)}", 2)
    figures, well = {}, True
    for name in chosen or SUITES:
        figures[name], within = SUITES[name](instance, options)
        well = well and within
    if options.get("--json"):
        Path(options["--json"]).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if well else 1
