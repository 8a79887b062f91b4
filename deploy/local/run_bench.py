"""`./portal bench`: ours against plain CKAN on the same services, in one run."""

from __future__ import annotations

from instance import Instance
from machine import Trouble


def run(instance: Instance, words: list[str]) -> int:
    """Run the named suites."""
    raise Trouble("The benchmark is not there yet.")
