"""Write-once files."""

from __future__ import annotations

import hashlib
import io
import stat

import ckan.plugins.toolkit as tk
import pytest
from ckanext.steamcity import blobs

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.fixture(autouse=True)
def storage(tmp_path, monkeypatch):
    monkeypatch.setitem(tk.config, "ckan.storage_path", str(tmp_path))


def test_the_address_is_the_content():
    """Bytes and streams alike."""
    digest, length = blobs.put(b"hello")
    assert (digest, length) == (hashlib.sha256(b"hello").hexdigest(), 5)
    assert blobs.put(io.BytesIO(b"hello")) == (digest, 5)
    assert blobs.read(digest) == b"hello"
    assert blobs.intact(digest)


def test_a_blob_is_not_writable_and_not_replaced():
    """Mode 0444; storing again leaves the file as it is."""
    digest, _ = blobs.put(b"hello")
    before = blobs.path(digest).stat()
    blobs.put(b"hello")
    after = blobs.path(digest).stat()
    assert stat.S_IMODE(after.st_mode) == 0o444
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_nothing_half_written_stays():
    """A stream that breaks leaves no file."""

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        blobs.put(Broken(b"hello"))
    assert [file for file in blobs.root().rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "g" * 64])
def test_only_digests_are_addresses(name):
    """No path comes in from outside."""
    with pytest.raises(ValueError, match="sha256"):
        blobs.path(name)


def test_a_changed_file_is_noticed():
    """Fixity."""
    digest, _ = blobs.put(b"hello")
    blobs.path(digest).chmod(0o644)
    blobs.path(digest).write_bytes(b"hullo")
    assert not blobs.intact(digest)
    assert not blobs.intact("0" * 64)
