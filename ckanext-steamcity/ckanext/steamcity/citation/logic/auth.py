"""Who may call the citation actions."""

from __future__ import annotations

__all__: list[str] = []
