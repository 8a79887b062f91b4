"""Fill a site with N datasets for the benchmark: `python fill.py INI N ours|vanilla`.

Same texts and places on both sides. Datasets are written through `package_create`, `TIMED` of them timed; the rest skip
the commit to Solr and are indexed together.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import inside

WORDS = [
    "air",
    "noise",
    "heat",
    "light",
    "traffic",
    "tree",
    "classroom",
    "sensor",
    "street",
    "park",
    "school",
    "winter",
    "morning",
    "quiet",
    "busy",
    "open",
]
CITIES = {
    "aix-en-provence": (5.447, 43.529),
    "napoli": (14.268, 40.852),
    "madrid": (-3.704, 40.417),
    "sofia": (23.322, 42.698),
}


def texts(number: int) -> dict[str, Any]:
    """Title, description and city of dataset `number`; the same at every call."""
    chance = random.Random(number)
    words = [chance.choice(WORDS) for _ in range(60)]
    return {
        "title": f"Result {number} {' '.join(words[:4])}",
        "notes": " ".join(words),
        "city": chance.choice(sorted(CITIES)),
    }


def vanilla(number: int, organization: str) -> dict[str, Any]:
    """A plain dataset with a place."""
    content = texts(number)
    lon, lat = CITIES[content.pop("city")]
    ring = [[lon, lat], [lon + 0.02, lat], [lon + 0.02, lat + 0.02], [lon, lat + 0.02], [lon, lat]]
    spatial = json.dumps({"type": "Polygon", "coordinates": [ring]})
    return {
        "name": f"bench-{number}",
        "owner_org": organization,
        "license_id": "cc-by",
        **content,
        "extras": [{"key": "spatial", "value": spatial}],
        "resources": [{"name": "data.csv", "url": "https://example.org/data.csv", "format": "CSV"}],
    }


def ours(number: int, organization: str, areas: dict[str, str]) -> dict[str, Any]:
    """An experiment with the same texts."""
    content = texts(number)
    return {
        "type": "experiment",
        "name": f"bench-{number}",
        "owner_org": organization,
        "license_id": "CC-BY-4.0",
        **content,
        "protocol": "co2-indoor",
        "finding": content["title"],
        "question": content["notes"][:80],
        "language": "en",
        "synthetic": True,
        "published_place": areas[content["city"]],
        "school_year": "2025-2026",
        "period_start": "2026-03-02",
        "period_end": "2026-03-14",
        "hypotheses": [
            {
                "statement": content["notes"][:60],
                "stated_on": "2026-03-01",
                "outcome": "refuted",
                "reflection": "We learnt a lot.",
            }
        ],
        "resources": [{"name": "data.csv", "url": "https://example.org/data.csv", "format": "CSV"}],
    }


def main(ini: str, task: str, count: int, kind: str) -> None:
    """Fill, or print the seconds of each timed `package_create` as JSON."""
    with inside.ckan(ini):
        make = _maker(kind)
        print(json.dumps(_fill(count, make, kind) if task == "fill" else _time(count, make)))


def _maker(kind: str) -> Callable[[int], dict[str, Any]]:
    import ckan.model as model
    import ckan.plugins.toolkit as tk

    if model.Group.get("bench") is None:
        tk.get_action("organization_create")(inside.context(), {"name": "bench", "title": "Bench"})
    if kind == "vanilla":
        return lambda number: vanilla(number, "bench")
    areas = {}
    for city in CITIES:
        found = tk.get_action("steamcity_area_list")(inside.context(), {"city": city})
        areas[city] = found[0]["place"] if found else ""
    return lambda number: ours(number, "bench", areas)


def _time(count: int, make: Callable[[int], dict[str, Any]]) -> list[float]:
    """Seconds of `count` creations, after five that warm up. The datasets stay."""
    import ckan.plugins.toolkit as tk

    seconds = []
    first = 10**6 + int(time.time()) * 100
    for number in range(first, first + count + 5):
        started = time.perf_counter()
        tk.get_action("package_create")(inside.context(), make(number))
        seconds.append(time.perf_counter() - started)
    return seconds[5:]


def _fill(count: int, make: Callable[[int], dict[str, Any]], kind: str) -> list[float]:
    import ckan.model as model
    import ckan.plugins.toolkit as tk
    from ckan.lib.search import commit, rebuild

    existing = {name for (name,) in model.Session.query(model.Package.name).filter(model.Package.name.like("bench-%"))}
    for number in range(count):
        if f"bench-{number}" not in existing:
            tk.get_action("package_create")(
                {**inside.context(), "defer_commit": True, "return_id_only": True}, make(number)
            )
        if number % 100 == 0:
            model.repo.commit_and_remove()
    model.repo.commit_and_remove()
    if kind == "ours":
        # Experiments become public by a review; the benchmark needs many, so they are made public by hand.
        made = model.Session.query(model.Package).filter(model.Package.name.like("bench-%"))
        made.update({"state": "active"}, synchronize_session=False)
        model.repo.commit_and_remove()
    rebuild(defer_commit=True, quiet=True)
    commit()
    return []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
