"""Template helpers of the schools plugin."""

from __future__ import annotations

__all__: list[str] = []
