"""schema.org JSON-LD of a version, from its frozen record. Pure: everybody may import it."""

from __future__ import annotations

from typing import Any

from .formats import Work


def dataset(record: dict[str, Any], work: Work, *, site_url: str, page: dict[str, Any]) -> dict[str, Any]:
    """A schema.org Dataset. `page` holds `url` and `files` (file id → address)."""
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": work.url,
        "url": page["url"],
        "identifier": [work.identifier, work.url],
        "name": work.title,
        "description": _description(record),
        "inLanguage": record["language"],
        "version": work.version,
        "datePublished": work.day,
        "isAccessibleForFree": True,
        "license": work.licence or None,
        "creator": [_organization(creator["name"]) for creator in record["creators"]],
        "publisher": {"@type": "Organization", "name": work.publisher, "url": site_url},
        "includedInDataCatalog": {"@type": "DataCatalog", "name": work.publisher, "url": site_url},
        "funder": [{"@type": "Organization", "name": funder["name"]} for funder in record["funders"] if funder["name"]],
        "temporalCoverage": temporal(record),
        "spatialCoverage": _place(record["place"]),
        "variableMeasured": _variables(record),
        "creativeWorkStatus": "Published",
        "distribution": [_download(file, page["files"].get(file["id"], page["url"])) for file in record["files"]],
    }
    if work.synthetic:
        data["keywords"] = ["generated demo data"]
    return {key: value for key, value in data.items() if value not in (None, [], "")}


def temporal(record: dict[str, Any]) -> str | None:
    """An ISO 8601 interval."""
    start, end = record["period"]["start"], record["period"]["end"]
    return f"{start}/{end or start}" if start else None


def box(geometry: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a GeoJSON geometry."""
    points = list(_points(geometry.get("coordinates") or []))
    if not points:
        return None
    longitudes, latitudes = zip(*points, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _points(coordinates: list[Any]) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _points(part)


def _description(record: dict[str, Any]) -> str:
    """Google's rule wants 50 to 5,000 characters: what is short is filled from the question and the limits."""
    parts = [record["notes"]["text"], record["question"], record["limits"]]
    text = " ".join(part.strip() for part in parts if part.strip())
    protocol = (record["protocol"] or {}).get("titles", {}).get(record["language"]) or ""
    if len(text) < 50:
        named = [
            record["finding"]["text"],
            record["title"]["text"],
            protocol,
            (record["school"] or {}).get("title") or "",
        ]
        text = " · ".join(part for part in [text, *named] if part)
    return text[:5000]


def _organization(name: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name}


def _place(place: dict[str, Any] | None) -> dict[str, Any] | None:
    if not place:
        return None
    names = place.get("name") or {}
    found: dict[str, Any] = {"@type": "Place", "name": names.get("en") or next(iter(names.values()), place["value"])}
    if place.get("geometry") and (edges := box(place["geometry"])):
        west, south, east, north = edges
        found["geo"] = {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}
    return found


def _variables(record: dict[str, Any]) -> list[dict[str, str]]:
    table = next((file["table_schema"] for file in record["files"] if file["table_schema"]), None) or {}
    return [
        {"@type": "PropertyValue", "name": field.get("title") or field["name"], "unitText": field["unit"]}
        for field in table.get("fields", [])
        if field.get("unit")
    ]


def _download(file: dict[str, Any], address: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file["name"],
        "contentUrl": address,
        "encodingFormat": file["media_type"],
        "contentSize": f"{file['bytes']} B",
        "sha256": file["sha256"],
    }
