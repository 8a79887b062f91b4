"""Fill a site with N datasets for the benchmark: `python fill.py INI N ours|vanilla`.

Same texts and places on both sides. Datasets are written through `package_create`, `TIMED` of them timed; the rest skip
the commit to Solr and are indexed together.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

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
TIMED = 30


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


def main(ini: str, count: int, kind: str) -> None:
    """Fill and print the seconds per timed `package_create` as JSON."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    application = make_app(load_config(ini))
    with application._wsgi_app.test_request_context():
        print(json.dumps({"package_create": _fill(count, kind)}))


def _fill(count: int, kind: str) -> list[float]:
    import ckan.model as model
    import ckan.plugins.toolkit as tk
    from ckan.lib.search import rebuild

    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    context = {"ignore_auth": True, "user": user}
    organization = {"name": "bench", "title": "Bench"}
    if model.Group.get("bench") is None:
        tk.get_action("organization_create")(dict(context), organization)
    areas = {}
    if kind == "ours":
        for city in CITIES:
            found = tk.get_action("steamcity_area_list")(dict(context), {"city": city})
            areas[city] = found[0]["place"] if found else ""
    make = (
        (lambda number: ours(number, "bench", areas)) if kind == "ours" else (lambda number: vanilla(number, "bench"))
    )
    seconds: list[float] = []
    existing = {name for (name,) in model.Session.query(model.Package.name).filter(model.Package.name.like("bench-%"))}
    for number in range(count):
        if f"bench-{number}" in existing:
            continue
        started = time.perf_counter()
        timed = number < TIMED
        # The rest is indexed together below.
        tk.get_action("package_create")(
            {**context, "defer_commit": not timed, "return_id_only": not timed}, make(number)
        )
        if timed:
            seconds.append(time.perf_counter() - started)
        elif number % 100 == 0:
            model.repo.commit_and_remove()
    model.repo.commit_and_remove()
    if kind == "ours":
        # Experiments are published by a review; the benchmark needs many public ones, so they are made public here.
        model.Session.query(model.Package).filter(model.Package.name.like("bench-%")).update(
            {"state": "active"}, synchronize_session=False
        )
        model.repo.commit_and_remove()
    rebuild(defer_commit=True, quiet=True)
    from ckan.lib.search import commit

    commit()
    return seconds


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
