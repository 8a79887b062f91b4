"""What the frame writes into Solr for datasets of our types. Used by the frame's plugin only."""

from __future__ import annotations

import json
from typing import Any

from ckanext.steamcity import glance, protocols

LANGUAGES = ("en", "fr", "it", "es", "bg")
# Solr refuses a term over 32,766 bytes; strings of ours are cut far below. Text fields are analysed: no such limit.
_STRING_BYTES = 1000
_FACETS = {
    "protocol": "steamcity_protocol",
    "cluster": "steamcity_cluster",
    "city": "steamcity_city",
    "school_year": "steamcity_school_year",
    "level_band": "steamcity_level",
}
_TEXTS = ("title", "finding", "notes")
_REPEATING = ("hypotheses", "creators", "instruments", "funders")


def before_dataset_index(document: dict[str, Any]) -> dict[str, Any]:
    """Turn the fields of an experiment or a monitoring dataset into declared Solr fields.

    Repeating fields become text; core would index their JSON as one string term and lose the whole document when it is
    long.
    """
    if document.get("dataset_type") not in ("experiment", "monitoring"):
        return document
    dataset = _without_account(document)
    for field, facet in _FACETS.items():
        if value := dataset.get(field):
            document[facet] = _cut(str(value))
    document["steamcity_outcomes"] = sorted(_listed(dataset.get("outcomes")))
    document["steamcity_synthetic"] = bool(dataset.get("synthetic"))
    _period(document, dataset)
    if document.get("state") != "draft":
        # A draft is saved often and found by its school only, for which its own words do.
        _at_a_glance(document, dataset)
        _translations(document, dataset)
        _method(document, dataset)
    words = [str(dataset.get(name) or "") for name in ("finding", "question", "limits", "class_name", "city")]
    for name in _REPEATING:
        words += [str(value) for item in _listed(dataset.get(name)) for value in _values(item)]
    document["steamcity_text"] = [word for word in words if word]
    _drop_long_strings(document)
    return document


def _without_account(document: dict[str, Any]) -> dict[str, Any]:
    """The dataset of a document, which nobody can filter or count by the account that made it, in no stored copy."""
    document.pop("creator_user_id", None)
    dataset: dict[str, Any] = {}
    # The validated copy comes last: where there is one, it is what is indexed.
    for kept in ("data_dict", "validated_data_dict"):
        if document.get(kept):
            dataset = json.loads(document[kept])
            dataset.pop("creator_user_id", None)
            document[kept] = json.dumps(dataset)
    return dataset


def _at_a_glance(document: dict[str, Any], dataset: dict[str, Any]) -> None:
    """Keep beside the dataset what its card shows of its table."""
    if dataset.get("type") != "experiment" or dataset.get("state") != "active":
        return
    if (found := glance.of(dataset)) and document.get("validated_data_dict"):
        document["validated_data_dict"] = json.dumps({**dataset, "steamcity_glance": found})


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return [value] if value else []
    return value if isinstance(value, list) else []


def _values(item: Any) -> list[Any]:
    return [v for v in item.values() if isinstance(v, str)] if isinstance(item, dict) else [item]


def _period(document: dict[str, Any], dataset: dict[str, Any]) -> None:
    start, end = (str(dataset.get(name) or "")[:10] for name in ("period_start", "period_end"))
    # A draft may have its days the wrong way round until somebody looks; Solr would refuse the whole document.
    if start and (not end or start <= end):
        document["steamcity_period"] = f"[{start} TO {end or start}]"


def _translations(document: dict[str, Any], dataset: dict[str, Any]) -> None:
    original = dataset.get("language") or "en"
    for language in LANGUAGES:
        texts = []
        for name in _TEXTS:
            translated = dataset.get(f"{name}_translated") or {}
            if isinstance(translated, str):
                try:
                    translated = json.loads(translated)
                except ValueError:
                    translated = {}
            text = translated.get(language) or (dataset.get(name) if language == original else None)
            if text:
                texts.append(str(text))
        if texts:
            document[f"text_{language}"] = texts


def _method(document: dict[str, Any], dataset: dict[str, Any]) -> None:
    """Words people search by and no class writes: the protocol's names and what it measures, in all languages."""
    slug = dataset.get("protocol")
    if slug not in protocols.slugs():
        return
    protocol = protocols.load(slug)
    topics = [cluster.titles for cluster in protocols.clusters() if cluster.id in protocol.clusters]
    known = protocols.observed_properties()
    measured = [known[column.property]["titles"] for column in protocol.columns if column.property in known]
    for language in LANGUAGES:
        texts = [one.get(language) for one in (protocol.titles, protocol.summary, *topics, *measured)]
        document.setdefault(f"text_{language}", []).extend(text for text in texts if text)


def _drop_long_strings(document: dict[str, Any]) -> None:
    """Remove from the document what only core's catch-all string field would take."""
    kept_raw = {"title", "notes", "data_dict", "validated_data_dict", "text"}
    for name in (*_REPEATING, *(f"{text}_translated" for text in _TEXTS), "finding", "question", "limits"):
        document.pop(name, None)
        document.pop(f"extras_{name}", None)
    for name, value in list(document.items()):
        if name in kept_raw or name.startswith(("text_", "steamcity_text", "spatial")):
            continue
        if isinstance(value, str) and len(value.encode()) > _STRING_BYTES * 30:
            document[name] = _cut(value)


def _cut(value: str) -> str:
    return value.encode()[:_STRING_BYTES].decode(errors="ignore")
