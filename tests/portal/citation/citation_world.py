"""What the citation tests publish, and how: as the wizard and the approval of a review do."""

from __future__ import annotations

import json

from ckan.tests.helpers import call_action

ROWS = "time,co2,quality_flag\n2026-03-03T07:00:00Z,612,1\n2026-03-03T07:05:00Z,1548.5,1\n2026-03-03T07:10:00Z,,9\n"
SCHEMA = {
    "name": "co2-indoor",
    "fields": [
        {"name": "time", "type": "datetime", "title": "Time", "description": "UTC"},
        {"name": "co2", "type": "number", "title": "CO2", "unit": "[ppm]", "unitSymbol": "ppm"},
        {"name": "quality_flag", "type": "integer", "title": "Quality flag"},
    ],
    "missingValues": [""],
}


def set_files(package_id: str, rows: str = ROWS, **fields: str) -> dict:
    """The clean table and its description, written into a draft."""
    return call_action(
        "steamcity_files_set",
        id=package_id,
        files=[
            {"name": "data.csv", "role": "data", "content": rows, "format": "CSV", "description": "The clean table"},
            {"name": "dictionary.json", "role": "dictionary", "content": json.dumps(SCHEMA), "format": "JSON"},
        ],
        provenance={"quality": {"rows": 3}, "repairs": []},
        fields=fields,
    )


def publish(package_id: str) -> dict:
    """Publish a draft as the approval of a review does."""
    sha256 = call_action("steamcity_version_preview", id=package_id)["sha256"]
    return call_action("steamcity_version_publish", id=package_id, sha256=sha256, approved_by="somebody")
