"""What the actions of the sensors plugin accept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.plugins.toolkit import validator_args
from ckan.types import Schema, Validator, ValidatorFactory


def moment(value: Any) -> datetime:
    """A day or a moment in ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(str(value).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise tk.Invalid(tk._("Write a day as 2026-03-03 or a moment as 2026-03-03T07:05:00Z.")) from error


def until(value: Any) -> datetime:
    """The end of a range: a moment that is outside, or a day that counts whole."""
    found = moment(value)
    try:
        return found + timedelta(days=1) if len(str(value).strip()) == len("2026-03-03") else found
    except OverflowError as error:
        raise tk.Invalid(tk._("Write a day as 2026-03-03 or a moment as 2026-03-03T07:05:00Z.")) from error


@validator_args
def station_list(
    default: ValidatorFactory,
    unicode_safe: Validator,
    natural_number_validator: Validator,
    limit_to_configured_maximum: ValidatorFactory,
) -> Schema:
    return {
        "feed": [default(""), unicode_safe],
        "city": [default(""), unicode_safe],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }


@validator_args
def observation_search(
    not_empty: Validator,
    ignore_empty: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    one_of: ValidatorFactory,
    natural_number_validator: Validator,
) -> Schema:
    return {
        "station": [not_empty, unicode_safe],
        "property": [ignore_empty, unicode_safe],
        "from": [ignore_empty, moment],
        "to": [ignore_empty, until],
        "resolution": [default("raw"), one_of(["raw", "hour", "day"])],
        "limit": [default(1000), natural_number_validator],
        "after": [ignore_empty, unicode_safe],
    }


@validator_args
def observation_window(not_empty: Validator, unicode_safe: Validator) -> Schema:
    return {
        "station": [not_empty, unicode_safe],
        "from": [not_empty, moment],
        "to": [not_empty, until],
        "protocol": [not_empty, unicode_safe],
    }
