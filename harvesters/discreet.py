"""What ckanext-harvest writes into the log of a server about a source: never what is configured in it, which may hold
names of columns and places (only `harvesters/` imports this)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

_making: ContextVar[bool] = ContextVar("steamcity_making_a_source", default=False)
#: Beginnings of its messages → what is written instead.
_SAID = {
    "Creating harvest source": "Creating a harvest source",
    "Harvest source %s update": "Updating a harvest source",
    "Updating harvest source": "Updating a harvest source",
    "Patch harvest source": "Updating a harvest source",
}


class _Discreet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        if text.startswith("Harvest source not found for dataset") and _making.get():
            return False  # the dataset of a source is made first, and shown before its source is there
        for beginning, instead in _SAID.items():
            if text.startswith(beginning):
                record.msg, record.args = instead, ()
        return True


@contextlib.contextmanager
def making() -> Iterator[None]:
    """A source is being made."""
    token = _making.set(True)
    try:
        yield
    finally:
        _making.reset(token)


for _name in ("plugin", "logic.action.create", "logic.action.update", "logic.action.patch"):
    logging.getLogger(f"ckanext.harvest.{_name}").addFilter(_Discreet())
