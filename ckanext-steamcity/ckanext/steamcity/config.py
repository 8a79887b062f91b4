"""The frame's configuration options, read by name. The frame only."""

from __future__ import annotations

import ckan.plugins.toolkit as tk


def demo() -> bool:
    """Whether this installation shows the synthetic demo (pages say so)."""
    return bool(tk.config["steamcity.demo"])


def contact() -> str:
    """E-mail address people write to about privacy and mistakes; empty when none is configured."""
    return tk.config["steamcity.contact"]
