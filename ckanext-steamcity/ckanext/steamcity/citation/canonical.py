"""Canonical JSON (RFC 8785) and its checksum: the same record gives the same bytes. Pure: everybody may import it."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def dump(record: Any) -> bytes:
    """The record as canonical JSON, UTF-8."""
    return rfc8785.dumps(record)


def sha256(record: Any) -> str:
    """Hexadecimal SHA-256 of the canonical JSON."""
    return hashlib.sha256(dump(record)).hexdigest()
