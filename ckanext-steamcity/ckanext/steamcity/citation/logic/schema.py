"""What the citation actions take."""

from __future__ import annotations

from typing import Any

from ckan.logic.schema import validator_args
from ckan.types import Schema


@validator_args
def version_publish(not_empty: Any, unicode_safe: Any, ignore: Any) -> Schema:
    return {
        "id": [not_empty, unicode_safe],
        "sha256": [not_empty, unicode_safe],
        "approved_by": [not_empty, unicode_safe],
        "__extras": [ignore],
    }


@validator_args
def version_withdraw(not_empty: Any, unicode_safe: Any, ignore: Any) -> Schema:
    return {"id": [not_empty, unicode_safe], "reason": [not_empty, unicode_safe], "__extras": [ignore]}


@validator_args
def citation_show(not_empty: Any, unicode_safe: Any, default: Any, one_of: Any, ignore: Any) -> Schema:
    return {
        "id": [not_empty, unicode_safe],
        "format": [default("text"), one_of(["text", "bib", "ris", "json"])],
        "language": [default("en"), one_of(["en", "fr", "it", "es", "bg"])],
        "__extras": [ignore],
    }
