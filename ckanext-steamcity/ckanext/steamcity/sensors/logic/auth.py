"""Who may call the sensors actions."""

from __future__ import annotations

__all__: list[str] = []
