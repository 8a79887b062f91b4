"""Who may call the places actions."""

from __future__ import annotations

__all__: list[str] = []
