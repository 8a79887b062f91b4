"""Files of drafts as they came from the class: private, below CKAN's storage, named by draft and content only.

Not in the write-once store: a class may throw a draft away, and then nothing of it stays. This plugin only.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from pathlib import Path
from typing import BinaryIO

import ckan.plugins.toolkit as tk

LIMIT = 50 * 1024 * 1024
_CHUNK = 1 << 18


class TooLargeError(ValueError):
    """More than a draft's file may have."""


def _folder(draft_id: str) -> Path:
    # Only a uuid becomes part of a path.
    return Path(tk.config["ckan.storage_path"]) / "steamcity" / "drafts" / str(uuid.UUID(draft_id))


def read_limited(stream: BinaryIO, limit: int = LIMIT) -> bytes:
    """All of `stream`; TooLargeError as soon as it is longer than `limit`."""
    parts, length = [], 0
    while chunk := stream.read(_CHUNK):
        length += len(chunk)
        if length > limit:
            raise TooLargeError
        parts.append(chunk)
    return b"".join(parts)


def put(draft_id: str, content: bytes) -> str:
    """Store `content`, return its sha256. An older file of the draft stays until `keep_only`."""
    digest = hashlib.sha256(content).hexdigest()
    folder = _folder(draft_id)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    os.replace(temporary, folder / digest)
    return digest


def read(draft_id: str, digest: str) -> bytes | None:
    """The file with this digest; None when it is not there or no longer what it was."""
    try:
        content = (_folder(draft_id) / digest).read_bytes()
    except (FileNotFoundError, ValueError):
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def keep_only(draft_id: str, *digests: str) -> None:
    """Remove every file of the draft but these."""
    try:
        folder = _folder(draft_id)
    except ValueError:
        return
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in digests:
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def forget(draft_id: str) -> None:
    """Remove every file of the draft."""
    keep_only(draft_id)
