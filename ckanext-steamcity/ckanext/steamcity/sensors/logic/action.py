"""Actions of the sensors plugin."""

from __future__ import annotations

__all__: list[str] = []
