"""A dry run: what would be stored, without storing it (only `harvesters/` imports this)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity.stamps import stamp

from . import config, feeds, secrets, stages
from .feeds import push, reader
from .source import open_source

_SHOWN = 20


def preview(source: Any, most: int) -> dict[str, Any]:
    """The stations of a feed and the first readings of its first files. Raises tk.ValidationError when the source
    cannot be read."""
    settings = config.read(source.config)
    opened = open_source(source.url, settings, secrets.secret(source.id), notes=stages.noted(source.id))
    adapter = settings.adapter
    known = tk.get_action("steamcity_feed_known")({"ignore_auth": True}, {"feed": source.id})["newest"]
    newest = {sensor: datetime.fromisoformat(moment) for sensor, moment in known.items()}
    try:
        survey = adapter.survey(opened)
        files = adapter.files(opened, feeds.Known(newest=newest, now=opened.now))
        pieces = list(islice(reader.read(adapter, opened, files), most))
    except (feeds.Unreachable, feeds.Gone, feeds.FeedError) as error:
        raise tk.ValidationError({"source_id": [stages.reason(error)]}) from error
    readings = [reading for piece in pieces for reading in piece.readings]
    refused: Counter[str] = Counter()
    for piece in pieces:
        refused.update(piece.report.refused)
    return {
        "stations": [station.to_dict() for station in survey.stations],
        "troubles": [stages.reason(trouble) for trouble in survey.troubles]
        + [stages.reason(piece.reason) for piece in pieces if piece.reason],
        "files": len(pieces),
        "readings": len(readings),
        "refused": dict(refused),
        "first": [_shown(reading) for reading in readings[:_SHOWN]],
    }


def of_parcel(parcel: push.Parcel) -> dict[str, Any]:
    """The same for something that was sent."""
    return {
        "stations": [station.to_dict() for station, _since in parcel.stations],
        "readings": len(parcel.readings),
        "refused": parcel.rejected,
        "first": [_shown(reading) for reading in parcel.readings[:_SHOWN]],
        "rows": parcel.receipt,
    }


def _shown(reading: feeds.Reading) -> dict[str, Any]:
    return reading._asdict() | {"time": stamp(reading.time)}
