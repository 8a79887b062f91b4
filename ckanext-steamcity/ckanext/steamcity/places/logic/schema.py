"""What the actions of the places plugin accept."""

from __future__ import annotations

from ckan.plugins.toolkit import validator_args
from ckan.types import Schema, Validator, ValidatorFactory


@validator_args
def area_list(
    ignore_empty: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    natural_number_validator: Validator,
) -> Schema:
    optional = [ignore_empty, unicode_safe]
    return {
        "city": optional,
        "country": optional,
        "parent": optional,
        "kind": optional,
        "q": optional,
        "limit": [default(500), natural_number_validator],
    }


@validator_args
def place_of_point(
    not_missing: Validator, default: ValidatorFactory, int_validator: Validator, steamcity_degrees: Validator
) -> Schema:
    return {
        "lat": [not_missing, steamcity_degrees],
        "lon": [not_missing, steamcity_degrees],
        "resolution": [default(8), int_validator],
    }


@validator_args
def area_load(
    not_empty: Validator,
    ignore_empty: Validator,
    ignore_missing: Validator,
    unicode_safe: Validator,
    default: ValidatorFactory,
    boolean_validator: Validator,
    one_of: ValidatorFactory,
    dict_only: Validator,
) -> Schema:
    optional = [ignore_empty, unicode_safe]
    return {
        "geojson": [not_empty],
        "source": [not_empty, unicode_safe],
        "licence": [not_empty, unicode_safe],
        "attribution": [not_empty, unicode_safe],
        "kind": [default("district"), one_of(["country", "city", "district", "quarter"])],
        "parent": optional,
        "name_field": optional,
        "name_fields": [ignore_missing, dict_only],
        "slug_field": optional,
        "timezone": optional,
        "approximate": [default(False), boolean_validator],
        "replace": [default(False), boolean_validator],
    }
