"""`./portal bench push [--devices N]`: many devices push together for a minute, and nothing may be lost.

All devices send at the same moments, which is harder than how they come. A device waits for its answer, gives up on
none, and sends again only what it was told to send again (429, 503) or got no answer for.
"""

from __future__ import annotations

import collections
import http.client
import json
import random
import statistics
import threading
import time
import urllib.parse
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import bench_inside
import setup_site
from instance import Instance
from machine import Trouble

SECONDS = 60
#: A device sends every so many seconds; the airRohr's own pause is 145 seconds.
PAUSE = 20
LONGEST = 60


def run(instance: Instance, options: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Run the suite, print what it found. The figures, and whether every reading is stored once."""
    with bench_inside.running(instance):
        found = _measure(instance, int(options.get("--devices", "200")))
    return found, found["lost"] == 0 and found["doubled"] == 0


def _measure(instance: Instance, devices: int) -> dict[str, Any]:
    settings = {"provider": "push", "profile": "steamcity", "license_id": "CC0-1.0", "place": "area:madrid"}
    mark = uuid.uuid4().hex[:8]
    feed = setup_site.run_ckan(
        instance, "steamcity-feed", "add", f"https://bench.example/{mark}", "--title", f"Benchmark {mark}",
        "--organization", "demo-school-madrid-a", "--config", json.dumps(settings),
    ).split()[-1]  # fmt: skip
    token = setup_site.run_ckan(instance, "steamcity-feed", "token", feed).split()[-1]
    crowd = _Crowd(instance.port, feed, token)
    started = time.monotonic()
    threads = [threading.Thread(target=crowd.device, args=(number,)) for number in range(devices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = _held(instance.port, feed)
    found = {
        "devices": devices,
        "readings": len(crowd.sent),
        "stored": held,
        "lost": max(0, len(crowd.sent) - held),
        "doubled": max(0, held - len(crowd.sent)),
        "answers": dict(sorted(crowd.answers.items())),
        "seconds": round(time.monotonic() - started, 1),
        "p50_ms": round(statistics.median(crowd.times) * 1000),
        "p95_ms": round(sorted(crowd.times)[int(len(crowd.times) * 0.95)] * 1000),
    }
    _report(found)
    return found


class _Crowd:
    """Devices of one feed, and what they were told."""

    def __init__(self, port: int, feed: str, token: str):
        self.port, self.path, self.token = port, f"/api/steamcity/push/{feed}", token
        self.begun = time.monotonic()
        self.sent: set[tuple[int, str]] = set()
        self.answers: collections.Counter[int] = collections.Counter()
        self.times: list[float] = []
        self.lock = threading.Lock()

    def device(self, number: int) -> None:
        for turn in range(SECONDS // PAUSE):
            time.sleep(max(0.0, self.begun + turn * PAUSE - time.monotonic()))
            at = (datetime.now(UTC) - timedelta(milliseconds=number)).isoformat()
            value = round(20 + random.gauss(0, 1), 2)
            reading = {"sensor_id": f"bench-{number}", "sensorType": "temperature", "unit": "°C", "value": value}
            with self.lock:
                self.sent.add((number, at))
            self._send(json.dumps([reading | {"timestamp": at}]))

    def _send(self, body: str) -> None:
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            started = time.monotonic()
            status, answer, wait = self._post(body)
            with self.lock:
                self.answers[status] += 1
                self.times.append(time.monotonic() - started)
                if status == http.client.ACCEPTED:
                    return
            if status not in (0, http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE):
                raise Trouble(f"A push was answered with {status}: {answer}")
            time.sleep(wait + random.random())

    def _post(self, body: str) -> tuple[int, dict[str, Any], float]:
        """Status (0 without an answer), what was said, and how many seconds to wait before the next try."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                "POST", self.path, body, {"X-Push-Token": self.token, "Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            said = json.loads(answer.read() or b"{}")
            return answer.status, said, float(answer.getheader("Retry-After") or 1)
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}, 1.0
        finally:
            connection.close()


def _held(port: int, feed: str) -> int:
    """How many readings the portal shows of the feed's stations."""
    stations = _ask(port, f"steamcity_station_search?feed={feed}&limit=1000")["results"]
    found = 0
    for station in stations:
        after: str | None = ""
        while after is not None:
            page = _ask(port, f"steamcity_observation_search?station={station['id']}&limit=10000{after}")
            found += len(page["observations"])
            after = f"&after={urllib.parse.quote(page['next'])}" if page["next"] else None
    return found


def _ask(port: int, words: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", f"/api/3/action/{words}")
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if not answer["success"]:
        raise Trouble(f"The portal refused {words}: {answer['error']}")
    return answer["result"]


def _report(found: dict[str, Any]) -> None:
    print(f"\n{found['devices']} devices, {found['readings']} readings in {found['seconds']} s\n")
    print(f"stored {found['stored']}, lost {found['lost']}, doubled {found['doubled']}; answers {found['answers']}")
    print(f"answered in {found['p50_ms']} ms (p50), {found['p95_ms']} ms (p95)")
