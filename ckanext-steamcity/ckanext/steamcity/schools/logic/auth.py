"""Who may call the schools actions."""

from __future__ import annotations

__all__: list[str] = []
