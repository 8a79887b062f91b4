"""Validators of the places plugin."""

from __future__ import annotations

__all__: list[str] = []
