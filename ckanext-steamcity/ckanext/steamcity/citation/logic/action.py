"""Actions of the citation plugin."""

from __future__ import annotations

__all__: list[str] = []
