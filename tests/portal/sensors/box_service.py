"""openSenseMap in little, with faults on request."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

BOX, WARM, DUST = "5386e44d5f0822040000a001", "5386e44d5f0822040000b001", "5386e44d5f0822040000b002"
NAME = "Balcony of Jeanne-Marguerite"
START = datetime.now(UTC).replace(microsecond=0, second=0, minute=0) - timedelta(days=2)


class Service:
    """One box, one sensor; `faults`: part of a path → what to do instead."""

    def __init__(self) -> None:
        self.times = [START + timedelta(minutes=10 * n) for n in range(200)]
        self.unit, self.title, self.kind = "°C", "Temperatur", "HDC1080"
        self.more: list[dict[str, str]] = []
        self.point = [7.645683, 51.962372]
        self.faults: dict[str, object] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.url = ""

    def answer(self, path: str) -> bytes:
        if "/data/" in path:
            query = parse_qs(urlsplit(path).query)
            begin, end = (datetime.fromisoformat(query[name][0]) for name in ("from-date", "to-date"))
            rows = [
                {"createdAt": t.isoformat(), "value": str(n % 30)} for n, t in enumerate(self.times) if begin < t < end
            ]
            return json.dumps(rows[::-1]).encode()
        box = {"_id": BOX, "name": NAME, "exposure": "outdoor", "createdAt": START.isoformat()}
        box["currentLocation"] = {"coordinates": self.point, "timestamp": START.isoformat(), "type": "Point"}
        first = {"_id": WARM, "title": self.title, "unit": self.unit, "sensorType": self.kind}
        return json.dumps(box | {"sensors": [first, *self.more]}).encode()
