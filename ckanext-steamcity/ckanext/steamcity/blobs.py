"""Write-once files under the address of their content. Features keep published and draft files here.

Nobody overwrites one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

_CHUNK = 1 << 20


def root() -> Path:
    """Folder of all blobs, below CKAN's storage path."""
    return Path(tk.config["ckan.storage_path"]) / "steamcity" / "blobs"


def path(sha256: str) -> Path:
    """Where the blob with this hexadecimal digest lies, whether it exists or not. ValueError for anything else."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError("not a sha256 digest")
    return root() / sha256[:2] / sha256[2:]


def put(content: bytes | BinaryIO) -> tuple[str, int]:
    """Store `content`, return its sha256 and its length in bytes. Storing the same bytes again changes nothing."""
    folder = root()
    folder.mkdir(parents=True, exist_ok=True)
    digest, length = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in _chunks(content):
                digest.update(chunk)
                length += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        target = path(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        os.chmod(temporary, 0o444)
        with contextlib.suppress(FileExistsError):
            # A hard link fails where the target exists: a blob is never replaced.
            os.link(temporary, target)
    finally:
        os.unlink(temporary)
    return digest.hexdigest(), length


def read(sha256: str) -> bytes:
    """Bytes of a blob; FileNotFoundError when it is not there."""
    return path(sha256).read_bytes()


def intact(sha256: str) -> bool:
    """Whether the blob is there and still has the content of its address."""
    try:
        with path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def drop_unused(*digests: str) -> None:
    """Take blobs away that no file of a dataset has any more: of a draft that was changed or thrown away."""
    for digest in digests:
        used = sa.select(model.Resource.id).where(
            model.Resource.state == "active", sa.cast(model.Resource.extras, sa.Text).contains(digest)
        )
        if model.Session.execute(used.limit(1)).first() is None:
            path(digest).unlink(missing_ok=True)


def _chunks(content: bytes | BinaryIO):
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(_CHUNK):
        yield chunk
