"""The pictures of a result together: out of a zip, beside the rows of its table, into the published zip. Pure.

What a class calls its files is used to find the row a picture belongs to. Published are neutral names, in the order
of the table: image-001.jpg, image-002.jpg …
"""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from ..messages import N_, Message, counted, n_
from .clean import CleanTable
from .findings import Finding
from .pictures import MOST_BYTES, Picture, RefusedPictureError, plain_name, rewrite

MOST_PICTURES = 100
LICENCE_FILE = "LICENCE.txt"
# Of a processor, for the pictures of one request: about fifty photographs.
SECONDS = 20
# Files in a zip that are looked at; a folder of pictures has a few signs of its system beside them.
_MOST_PARTS = 300
_DIRECTORY = 256 * 1024
_UNPACKED = 300 * 1024 * 1024
_NAMED = 6
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16


@dataclass
class Taken:
    """What became of the files that were given: pictures as they are kept, and what is to be said."""

    pictures: list[Picture] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def take(given: Iterable[tuple[str, BinaryIO]], most: int = MOST_PICTURES) -> Taken:
    """Pictures and zips of pictures, each drawn anew. Never raises for what is in them."""
    taken, names, begun = Taken(), set[str](), time.thread_time()
    for name, content in _parts(given, taken):
        if time.thread_time() - begun > SECONDS:
            text = N_("These are too many large pictures at once: give those from “{name}” on after them.")
            taken.findings.append(_warning("too_much_at_once", Message(text, {"name": name})))
            break
        if len(taken.pictures) >= most:
            taken.findings.append(too_many(name))
            break
        if name.casefold() in names:
            text = N_("Two files are called “{name}”: only the first was taken.")
            taken.findings.append(_warning("picture_name_twice", Message(text, {"name": name})))
            continue
        try:
            taken.pictures.append(rewrite(content, name))
            names.add(name.casefold())
        except RefusedPictureError as refused:
            taken.findings.append(_warning(refused.code, refused.message, refused.suggestion))
    return taken


def too_many(name: str) -> Finding:
    text = N_("Only {most} pictures can be given; from “{name}” on they were not taken.")
    return _warning("too_many_pictures", Message(text, {"most": MOST_PICTURES, "name": name}))


def _parts(given: Iterable[tuple[str, BinaryIO]], taken: Taken) -> Iterator[tuple[str, bytes]]:
    for name, stream in given:
        name = plain_name(name)
        start = stream.read(4)
        stream.seek(0)
        if start not in (b"PK\x03\x04", b"PK\x05\x06"):
            yield name, stream.read(MOST_BYTES + 1)
            continue
        try:
            yield from _unpacked(name, stream)
        except RefusedPictureError as refused:
            taken.findings.append(_warning(refused.code, refused.message, refused.suggestion))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError):
            text = N_("The zip file “{name}” is broken, or locked with a password.")
            taken.findings.append(_warning("zip_broken", Message(text, {"name": name})))


def _unpacked(name: str, stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Files of a zip by their own name: folders say nothing, and nothing is written anywhere."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    listed = int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
    archive = zipfile.ZipFile(stream) if listed <= _DIRECTORY and b"PK\x06\x07" not in tail else None
    parts = [part for part in archive.infolist() if _is_meant(part)] if archive else []
    if archive is None or len(parts) > _MOST_PARTS:
        text = N_("The zip file “{name}” holds more than {most} files. Put only the pictures of your table into it.")
        raise RefusedPictureError("zip_too_many", text, name=name, most=_MOST_PARTS)
    if sum(part.file_size for part in parts) > _UNPACKED:
        text = N_("Unpacked, the zip file “{name}” is larger than {megabytes} MB.")
        raise RefusedPictureError("zip_too_large", text, name=name, megabytes=_UNPACKED >> 20)
    for part in parts:
        with archive.open(part) as file:
            yield plain_name(part.filename), file.read(MOST_BYTES + 1)


def _is_meant(part: zipfile.ZipInfo) -> bool:
    last = part.filename.replace("\\", "/").rsplit("/", 1)[-1]
    return bool(last) and not last.startswith(".") and "__MACOSX" not in part.filename and last != "Thumbs.db"


def _warning(code: str, message: Message, suggestion: Message | None = None, count: int = 1) -> Finding:
    return Finding(code, "warning", message, suggestion=suggestion, count=count)


# Which picture belongs to which row


def key(name: str) -> str:
    """What two ways of writing the name of one file have in common."""
    return plain_name(name).casefold()


def _without_ending(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= len("jpeg") else name


def found(names: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """{name in the table: name of the file}; a name without its ending counts where only one file has it."""
    by_name = {key(one): one for one in given}
    stems: dict[str, list[str]] = {}
    for one in by_name.values():
        stems.setdefault(_without_ending(key(one)), []).append(one)
    matched = {}
    for name in names:
        own = key(name)
        same = stems.get(_without_ending(own), [])
        hit = by_name.get(own) or (same[0] if len(same) == 1 else None)
        if hit is not None:
            matched[name] = hit
    return matched


def judge(names: Sequence[str], given: Mapping[str, str]) -> list[Finding]:
    """What does not fit between a table and its pictures. `given`: {name of the file: checksum of the picture}."""
    findings = []
    matched = found(names, given)
    missing = [name for name in names if name not in matched]
    used = set(matched.values())
    unnamed = [name for name in given if name not in used]
    if missing and given:
        forms = n_(
            "{count} picture is named in the table and was not given: {names}.",
            "{count} pictures are named in the table and were not given: {names}.",
        )
        mend = Message(N_("Give it, or leave it: the cell stays empty in the published table."))
        findings.append(_warning("picture_missing", _listed(forms, missing), mend, len(missing)))
    if unnamed:
        forms = n_(
            "{count} picture was given and is named in no row: {names}.",
            "{count} pictures were given and are named in no row: {names}.",
        )
        mend = Message(N_("Write its name into the table. Only pictures that belong to a row are published."))
        findings.append(_warning("picture_unnamed", _listed(forms, unnamed), mend, len(unnamed)))
    first: dict[str, str] = {}
    for name, checksum in given.items():
        if checksum in first:
            text = N_("“{name}” and “{other}” are the same picture.")
            findings.append(_warning("picture_twice", Message(text, {"name": first[checksum], "other": name})))
        first.setdefault(checksum, name)
    return findings


def _listed(forms: tuple[str, str], names: Sequence[str]) -> Message:
    shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return counted(forms, {"count": len(names), "names": shown})


def named(table: CleanTable) -> list[str]:
    """Names of files in the table's column of pictures, each once, in its order."""
    column = table.protocol.media_column
    values = table.data.get(column.name, []) if column else []
    return list(dict.fromkeys(value for value in values if value))


def publish(table: CleanTable, given: Iterable[str]) -> dict[str, str]:
    """Write neutral names into the table, an empty cell where there is no picture. {neutral name: name of the file}."""
    column = table.protocol.media_column
    if column is None or column.name not in table.data:
        return {}
    matched = found(named(table), given)
    neutral = {one: f"image-{number:03}.jpg" for number, one in enumerate(dict.fromkeys(matched.values()), 1)}
    table.data[column.name] = [
        neutral[matched[value]] if value in matched else None for value in table.data[column.name]
    ]
    return {published: own for own, published in neutral.items()}


# The published zip


def pack(pictures: Mapping[str, bytes], licence: Mapping[str, Any] | None, about: str) -> bytes:
    """One zip of these pictures: the same bytes for the same pictures. They are compressed already."""
    told = f"{about}\n\nEvery picture was drawn anew by the portal: it holds no place, no time, no camera.\n"
    if licence:
        told += f"\nLicence: {licence['title']}\n{licence['url']}\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [(LICENCE_FILE, told.encode()), *sorted(pictures.items())]:
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr, entry.create_system = _FILE_MODE, 3
            archive.writestr(entry, content)
    return out.getvalue()


def names_in(archive: BinaryIO) -> list[str]:
    """Names of the pictures in a zip of ours; none in what is no zip."""
    try:
        with zipfile.ZipFile(archive) as packed:
            return [name for name in packed.namelist() if name != LICENCE_FILE]
    except zipfile.BadZipFile:
        return []


def unpack(archive: BinaryIO, name: str) -> bytes:
    """One picture of a zip of ours; KeyError when it has none of this name.

    A draft's zip may be one that somebody put in its place, until the gate refuses it.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            part = packed.getinfo(name)
            if name != LICENCE_FILE and part.compress_type == zipfile.ZIP_STORED and part.file_size <= MOST_BYTES:
                return packed.read(part)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise KeyError(name) from error
    raise KeyError(name)
