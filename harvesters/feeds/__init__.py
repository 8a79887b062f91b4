"""Feed adapters by provider (pure: no CKAN here). A new provider is one module and one line in ``PROVIDERS``."""

from __future__ import annotations

from importlib import import_module

from . import base, moments
from .base import (
    Adapter,
    Check,
    Datastream,
    FeedError,
    FeedFile,
    FileReport,
    Gone,
    Home,
    Known,
    Reading,
    Site,
    Source,
    Station,
    Survey,
    TooMany,
    Unreachable,
)

PROVIDERS: dict[str, str] = {
    "opensensemap": "OpenSenseMap",
    "push": "Push",
    "sensor_community": "SensorCommunity",
    "sensor_community_live": "SensorCommunityLive",
    "sensorthings": "SensorThings",
}

__all__ = [
    "PROVIDERS",
    "Adapter",
    "Check",
    "Datastream",
    "FeedError",
    "FeedFile",
    "FileReport",
    "Gone",
    "Home",
    "Known",
    "Reading",
    "Site",
    "Source",
    "Station",
    "Survey",
    "TooMany",
    "Unreachable",
    "adapter",
    "base",
    "moments",
]


def adapter(provider: str) -> Adapter:
    """The adapter of a provider; KeyError when there is none."""
    name = PROVIDERS[provider]
    return getattr(import_module(f"{__name__}.{provider}"), name)()
