"""Files of drafts as they came from the class: private, below CKAN's storage, named by draft and content only.

Not in the write-once store: a class may throw a draft away, and then nothing of it stays. This plugin only.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
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


def within_limit(stream: BinaryIO, limit: int = LIMIT) -> BinaryIO:
    """`stream` from its beginning, to be read in pieces; TooLargeError when it is longer than `limit`.

    What cannot be read twice is held in memory, never on disk: answers of people may stand in it.
    """
    if not stream.seekable():
        stream = io.BytesIO(stream.read(limit + 1))
    if size_of(stream) > limit:
        raise TooLargeError
    return stream


def size_of(stream: BinaryIO) -> int:
    """How many bytes a stream has; it stands at its beginning afterwards."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """All of `stream`, piece by piece."""
    stream.seek(0)
    return iter(lambda: stream.read(_CHUNK), b"")


def put(draft_id: str, content: bytes | Iterable[bytes]) -> str:
    """Store `content`, return its sha256. An older file of the draft stays until `keep_only`."""
    checksum = hashlib.sha256()
    folder = _folder(draft_id)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in [content] if isinstance(content, bytes) else content:
                checksum.update(piece)
                out.write(piece)
        os.replace(temporary, folder / checksum.hexdigest())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return checksum.hexdigest()


def open_kept(draft_id: str, digest: str) -> BinaryIO | None:
    """The file with this digest, open; None when it is not there or no longer what it was."""
    try:
        stream = (_folder(draft_id) / digest).open("rb")
    except (OSError, ValueError):
        return None
    if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
        stream.close()
        return None
    stream.seek(0)
    return stream


def read(draft_id: str, digest: str) -> bytes | None:
    """All of a small file; as `open_kept`."""
    stream = open_kept(draft_id, digest)
    if stream is None:
        return None
    with stream:
        return stream.read()


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
