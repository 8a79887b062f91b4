"""A file that somebody gives to a feed, and what is said with it (only `harvesters/` imports this)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk

from . import choices, config
from .feeds import tables


def content(given: dict[str, Any]) -> bytes:
    """The bytes. Raises tk.ValidationError for none and for too many."""
    data = given.get("upload") or given.get("text") or b""
    if isinstance(data, str):
        data = data.encode("utf-8")
    stream = getattr(data, "stream", None)
    if stream is not None:
        data = stream.read(config.file_bytes() + 1)
    if not isinstance(data, bytes) or not data:
        raise tk.ValidationError({"upload": [tk._("Choose a file.")]})
    return bounded(data)


def bounded(data: bytes) -> bytes:
    """A file has its own limit, not that of a device's push."""
    if len(data) > config.file_bytes():
        sentence = tk._("The file is larger than {megabytes} MB.").format(megabytes=config.file_bytes() // 1_000_000)
        raise tk.ValidationError({"upload": [sentence]})
    return data


def about(source: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Device, start and order of day and month, as `push.receive` takes them."""
    zone = config.read(source.config).options.get("timezone") or ""
    order = str(given.get("date_order") or "")
    if order not in choices.ORDERS:
        raise tk.ValidationError({"date_order": [tk._(choices.WHICH_ORDER)]})
    start = start_of(str(given.get("start_time") or ""), zone)
    return {"device": device(given.get("device")), "start": start, "order": order, "most": config.file_rows()}


def is_table(source: Any) -> bool:
    """Whether files of this feed say nothing of the logger that wrote them."""
    return config.read(source.config).options.get("profile") == "csv"


def start_of(text: str, zone: str) -> datetime | None:
    """When a logger was started, on the clock of the zone unless the text says another."""
    found = tables.started(text, zone)
    if text.strip() and found is None:
        raise tk.ValidationError({"start_time": [tk._("This time cannot be read: write it like 2026-03-03 08:05.")]})
    return found


def device(given: Any) -> str:
    """What tells a logger from the feed's others: a code is made of it, and still nobody's name is asked for."""
    name = " ".join(str(given or "").split())[:100]
    if name and (sentence := choices.personal(name, "device")):
        raise tk.ValidationError({"device": [sentence]})
    return name
