"""What is observed, as concepts with addresses of their own (SKOS). Pure."""

from __future__ import annotations

from functools import cache
from typing import Any

from .loader import load, observed_properties, slugs
from .model import words

BASE = "https://w3id.org/steamcity/property/"
_CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "notation": "skos:notation",
    "exactMatch": {"@id": "skos:exactMatch", "@type": "@id"},
    "closeMatch": {"@id": "skos:closeMatch", "@type": "@id"},
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "hasTopConcept": {"@id": "skos:hasTopConcept", "@type": "@id"},
}
_SCHEME = BASE.rstrip("/")
_SCHEME_TITLES = {
    "en": "Observed properties of SteamCity",
    "fr": "Propriétés observées de SteamCity",
    "it": "Proprietà osservate di SteamCity",
    "es": "Propiedades observadas de SteamCity",
    "bg": "Наблюдавани свойства в SteamCity",
}


@cache
def measured_by() -> dict[str, tuple[str, ...]]:
    """Property → the protocols with a column of it."""
    found: dict[str, list[str]] = {}
    for slug in slugs():
        for name in dict.fromkeys(column.property for column in load(slug).columns if column.property):
            found.setdefault(name, []).append(slug)
    return {name: tuple(listed) for name, listed in found.items()}


def all_of_them(language: str) -> list[dict[str, Any]]:
    """Every property with its title in a language and its number of protocols."""
    return [
        {"id": one, "title": words(entry["titles"], language), "protocols": measured_by().get(one, ())}
        for one, entry in observed_properties().items()
    ]


def described(identifier: str, language: str) -> dict[str, Any] | None:
    """One property as its page shows it; None when there is none."""
    entry = observed_properties().get(identifier)
    if entry is None:
        return None
    return {
        **entry,
        "uri": BASE + identifier,
        "title": words(entry["titles"], language),
        "close": entry.get("close", []),
        "protocols": measured_by().get(identifier, ()),
    }


def concept(identifier: str) -> dict[str, Any]:
    """One property as JSON-LD. KeyError when there is none."""
    return {"@context": _CONTEXT, **_node(identifier)}


def scheme() -> dict[str, Any]:
    """All properties as one SKOS concept scheme in JSON-LD."""
    nodes = [_node(one) for one in observed_properties()]
    top = {"@id": _SCHEME, "@type": "skos:ConceptScheme", "prefLabel": _SCHEME_TITLES}
    return {"@context": _CONTEXT, "@graph": [{**top, "hasTopConcept": [node["@id"] for node in nodes]}, *nodes]}


def _node(identifier: str) -> dict[str, Any]:
    entry = observed_properties()[identifier]
    node = {
        "@id": BASE + identifier,
        "@type": "skos:Concept",
        "prefLabel": entry["titles"],
        "notation": identifier,
        "exactMatch": entry["exact"],
        "closeMatch": entry.get("close", []),
        "inScheme": _SCHEME,
    }
    return {name: value for name, value in node.items() if value != []}
