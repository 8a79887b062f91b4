"""Licences: what a class may choose, and what data of others may become. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..messages import N_, Message
from .loader import read_yaml
from .model import Text


@dataclass(frozen=True)
class Licence:
    """``description``, ``may`` and ``if_you`` are told of the licences a class may choose."""

    id: str
    title: str
    short: str
    url: str
    spdx: str
    allowed: tuple[str, ...]
    description: Text = field(default_factory=dict)
    may: Text = field(default_factory=dict)
    if_you: Text = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {**self.__dict__, "allowed": list(self.allowed)}


@dataclass(frozen=True)
class Licences:
    by_id: dict[str, Licence]
    choice_ids: tuple[str, ...]

    @property
    def choices(self) -> list[Licence]:
        """What a class may choose, the default first."""
        return [self.by_id[one] for one in self.choice_ids]

    @property
    def default(self) -> Licence:
        return self.choices[0]

    def result_of(self, sources: Iterable[str]) -> list[str]:
        """Ids a result may be published under when it contains data under these licences; empty: it may not be."""
        sources = list(sources)
        return [
            one
            for one in self.choice_ids
            if all(source in self.by_id and one in self.by_id[source].allowed for source in sources)
        ]

    def refusal(self, sources: Iterable[str], chosen: str | None = None) -> Message | None:
        """Why these sources cannot become a result (or not under the chosen licence); None when they can."""
        sources = list(sources)
        for source in sources:
            if source not in self.by_id:
                text = N_(
                    "Data under the licence “{licence}” cannot be published here: we do not know it as an open licence."
                )
                return Message(text, {"licence": source[:100]})
        allowed = self.result_of(sources)
        if not allowed:
            return Message(
                N_("The licences of the sources contradict each other: {licences}."), {"licences": self._names(sources)}
            )
        if chosen is not None and chosen not in allowed:
            text = N_("With data under {licences} the result can only be published under {allowed}.")
            return Message(text, {"licences": self._names(sources), "allowed": self._names(allowed)})
        return None

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(self.by_id[one].short if one in self.by_id else one for one in ids))


@cache
def licences() -> Licences:
    data = read_yaml("licences.yaml")
    by_id = {
        one: Licence(id=one, **{**entry, "allowed": tuple(entry["allowed"])}) for one, entry in data["licences"].items()
    }
    return Licences(by_id, tuple(data["choices"]))
