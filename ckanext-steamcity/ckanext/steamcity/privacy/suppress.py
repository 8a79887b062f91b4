"""Small groups: which stay unpublished, so nobody can work out the answers of a few. Public through the package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Suppressed(Generic[K]):
    """The groups that may be published with their sizes, and the ones that may not (only their names)."""

    published: dict[K, int]
    hidden: list[K]

    @property
    def complete(self) -> bool:
        """Whether nothing had to be hidden."""
        return not self.hidden


def _lines(keys: list[K]) -> list[list[K]]:
    """Return every line of the table whose total a reader may know: the whole, each row, each column."""
    lines: dict[object, list[K]] = defaultdict(list)
    for key in keys:
        lines["all"].append(key)
        if isinstance(key, tuple) and len(key) > 1:
            for position in range(len(key)):
                lines[(position, key[:position], key[position + 1 :])].append(key)
                lines[("value", position, key[position])].append(key)
    return list(lines.values())


def suppress(groups: Mapping[K, int], k: int = 5) -> Suppressed[K]:
    """Hide groups of fewer than ``k``, and as many more as it takes that the hidden ones cannot be worked out.

    In every line whose total may be known, hidden groups are none, or at least two that hold ``k`` answers together.
    Keys that are tuples are the crossings of several answers; rows and columns of the crossed table count as lines.
    Empty groups hold nobody and stay.
    """
    if any(n < 0 for n in groups.values()):
        raise ValueError("a group cannot hold fewer than nobody")
    order = sorted(groups, key=lambda key: (groups[key], repr(key)))
    hidden = {key for key in order if 0 < groups[key] < k}
    lines = _lines(order)
    changed = True
    while changed:
        changed = False
        for line in lines:
            inside = [key for key in line if key in hidden]
            if not inside or (len(inside) >= 2 and sum(groups[key] for key in inside) >= k):
                continue
            following = next((key for key in line if key not in hidden and groups[key] > 0), None)
            if following is not None:
                hidden.add(following)
                changed = True
    return Suppressed(
        {key: groups[key] for key in groups if key not in hidden}, [key for key in groups if key in hidden]
    )
