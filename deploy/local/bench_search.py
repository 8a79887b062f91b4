"""`./portal bench search`: pages, searches and writing, ours against plain CKAN 2.12.

Plain CKAN has the same third-party plugins. Both sites run at once on the same services, each with one worker, and are
asked in turn, so that a slow moment of the machine hits both. What counts is the ratio; absolute times are notes.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import bench_inside
import setup_site
import software
from instance import PROJECT, Instance
from machine import Trouble, answers

ROUNDS = 60
BUDGETS = {"home": 120_000, "search page": 120_000, "dataset page": 150_000}


def run(instance: Instance, options: dict[str, str]) -> tuple[dict, bool]:
    """Run the suite, print a table. The figures, and whether every ratio and weight is within its limit."""
    count = int(options.get("--datasets", "2000"))
    with bench_inside.running(instance):
        setup_site.setup(instance, "_vanilla")
        creates: dict[str, list[float]] = {"ours": [], "vanilla": []}
        for kind in creates:
            _fill(instance, kind, "fill", count)
        for _round in range(3):
            for kind, seconds in creates.items():
                seconds += _fill(instance, kind, "time", 15)
        with _site(instance, "ckan.ini", 6) as ours, _site(instance, "vanilla.ini", 7) as vanilla:
            rows = _measure(ours, vanilla)
            rows["package_create"] = _row(creates["ours"], creates["vanilla"])
            weights = {
                name: {"ours": _weight(ours, path), "vanilla": _weight(vanilla, other)}
                for name, (path, other) in _pages(ours, vanilla).items()
            }
    result = {"datasets": count, "rounds": ROUNDS, "times": rows, "first_view_bytes": weights}
    return result, _report(result)


def _fill(instance: Instance, kind: str, task: str, count: int) -> list[float]:
    ini = "ckan.ini" if kind == "ours" else "vanilla.ini"
    failed = "The benchmark's data could not be made"
    return bench_inside.measure(instance, "fill.py", task, count, kind, ini=ini, failed=failed)


@contextlib.contextmanager
def _site(instance: Instance, ini: str, offset: int) -> Iterator[int]:
    """A site of its own with one worker; yields its port."""
    port = instance.port + offset
    command = [
        str(software.VENV / "bin" / "gunicorn"), "--chdir", str(PROJECT / "deploy"), "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", "2", "--timeout", "120", "--no-control-socket", "wsgi:application",
    ]  # fmt: skip
    log = instance.path("log", f"bench-{port}.log").open("wb")
    process = subprocess.Popen(
        command, env={**os.environ, "CKAN_INI": str(instance.path("etc", ini))}, stdout=log, stderr=log
    )
    try:
        until = time.monotonic() + 90
        while not answers(port) or _get(port, "/api/3/action/status_show")[0] != 200:
            if time.monotonic() > until or process.poll() is not None:
                raise Trouble(f"A site of the benchmark did not start; see {log.name}")
            time.sleep(0.3)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _get(port: int, path: str, accept: str = "br, gzip") -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": accept, "Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    except OSError:
        return 0, b"", {}
    finally:
        connection.close()


def _pages(ours: int, vanilla: int) -> dict[str, tuple[str, str]]:
    """Pages compared: path of ours, path of plain CKAN."""
    address = "/api/3/action/package_search?fq=type:experiment+-name:bench-*&rows=1"
    found = json.loads(_get(ours, address, "identity")[1])["result"]["results"]
    result = f"/experiment/{found[0]['name']}" if found else "/dataset/bench-1"
    return {
        "home": ("/", "/"),
        "search page": ("/dataset/?q=noise", "/dataset/?q=noise"),
        "dataset page": (result, "/dataset/bench-1"),
    }


def _measure(ours: int, vanilla: int) -> dict[str, dict[str, float]]:
    pages = _pages(ours, vanilla)
    search = "/api/3/action/package_search?q=noise+morning&rows=20"
    show = "/api/3/action/package_show?id="
    box = search + "&ext_bbox=5.3,43.4,5.6,43.6"
    pairs = {
        "package_search text": (search, search),
        "package_search text + box": (box, box),
        "package_show": (show + pages["dataset page"][0].split("/")[-1], show + "bench-1"),
        "search page": pages["search page"],
        "dataset page": pages["dataset page"],
    }
    return {
        name: _compare(lambda a=a: _timed(ours, a), lambda b=b: _timed(vanilla, b)) for name, (a, b) in pairs.items()
    }


def _timed(port: int, path: str) -> float:
    started = time.perf_counter()
    status = _get(port, path)[0]
    if status != 200:
        raise Trouble(f"The benchmark's request {path} was answered with {status}.")
    return time.perf_counter() - started


def _compare(first: Callable[[], float], second: Callable[[], float]) -> dict[str, float]:
    for _ in range(5):
        first()
        second()
    ours, vanilla = [], []
    for _ in range(ROUNDS):
        ours.append(first())
        vanilla.append(second())
    return _row(ours, vanilla)


def _row(ours: list[float], vanilla: list[float]) -> dict[str, float]:
    if not ours or not vanilla:
        return {}
    middle, high = statistics.median, lambda values: sorted(values)[int(len(values) * 0.95)]
    return {
        "ours_p50_ms": round(middle(ours) * 1000, 1),
        "ours_p95_ms": round(high(ours) * 1000, 1),
        "vanilla_p50_ms": round(middle(vanilla) * 1000, 1),
        "vanilla_p95_ms": round(high(vanilla) * 1000, 1),
        "ratio": round(middle(ours) / middle(vanilla), 2),
    }


def _weight(port: int, path: str) -> int:
    """Bytes sent for the first view: the page and every style, script and image it names, compressed as they are."""
    page = _get(port, path, "identity")[1].decode("utf-8", errors="replace")
    named = re.findall(r"<link[^>]+rel=\"(?:stylesheet|icon|shortcut icon)\"[^>]*href=\"([^\"]+)\"", page)
    named += re.findall(r"<link[^>]+href=\"([^\"]+)\"[^>]+rel=\"(?:stylesheet|icon|shortcut icon)\"", page)
    named += re.findall(r"<(?:script|img)[^>]+src=\"([^\"]+)\"", page)
    total = len(_get(port, path)[1])
    for address in sorted(
        {re.sub(r"^https?://[^/]+", "", one).replace("&amp;", "&") for one in named if not one.startswith("data:")}
    ):
        total += len(_get(port, address)[1])
    return total


def _report(result: dict) -> bool:
    print(f"\n{result['datasets']} datasets on each side, {result['rounds']} rounds in turn\n")
    print(f"{'':<28}{'ours p50/p95 ms':>20}{'plain CKAN p50/p95':>22}{'ratio':>8}")
    well = True
    for name, row in result["times"].items():
        if row:
            ours, vanilla = (
                f"{row['ours_p50_ms']} / {row['ours_p95_ms']}",
                f"{row['vanilla_p50_ms']} / {row['vanilla_p95_ms']}",
            )
            print(f"{name:<28}{ours:>20}{vanilla:>22}{row['ratio']:>8}{'' if row['ratio'] <= 1.3 else '  over 1.3'}")
            well = well and row["ratio"] <= 1.3
    print(f"\n{'first view, bytes sent':<28}{'ours':>20}{'plain CKAN':>22}{'limit':>10}")
    for name, row in result["first_view_bytes"].items():
        print(
            f"{name:<28}{row['ours']:>20,}{row['vanilla']:>22,}{BUDGETS[name]:>10,}"
            f"{'' if row['ours'] <= BUDGETS[name] else '  over'}"
        )
        well = well and row["ours"] <= BUDGETS[name]
    return well
