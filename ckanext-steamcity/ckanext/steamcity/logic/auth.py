"""Who may call the actions of the frame."""

from __future__ import annotations

__all__: list[str] = []
