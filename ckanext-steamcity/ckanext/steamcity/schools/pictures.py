"""Pictures a class gives with its table: drawn anew as they come in, kept with the draft, published as one zip.

What a camera wrote is never stored: neither the file that was given nor a part of it. This plugin only.
"""

from __future__ import annotations

import hashlib
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import picture_sets

from . import files
from .model import Draft, now

_FINDINGS = 40
# Names of a table that are kept to say which picture is missing.
_NAMED = 500


def wanted(protocol: protocols.Protocol | None) -> bool:
    """Whether tables of this protocol have pictures beside them."""
    return protocol is not None and protocol.media_column is not None


def given(draft: Draft) -> list[dict[str, Any]]:
    """The pictures of a draft: `{name, sha256, bytes, width, height}`, in the order they came."""
    return (draft.media or {}).get("pictures") or []


def digests(draft: Draft) -> list[str]:
    return [one["sha256"] for one in given(draft)]


def mark(draft: Draft) -> str:
    """What "nobody can be recognised" is kept under: it ends when there is another picture."""
    return hashlib.sha256("\n".join(sorted(digests(draft))).encode()).hexdigest()[:16] if given(draft) else ""


def confirmed(draft: Draft) -> bool:
    """Whether somebody has looked at these very pictures."""
    return bool(given(draft)) and draft.answers.get("data", {}).get("pictures_seen") == mark(draft)


def read(uploads: Any) -> picture_sets.Taken:
    """What was given, drawn anew. Done before the draft is locked: it may take some seconds."""
    chosen = uploads if isinstance(uploads, list) else [uploads]
    named = [(one.filename, getattr(one, "stream", one)) for one in chosen if getattr(one, "filename", None)]
    if not named:
        raise tk.ValidationError({"pictures": [tk._("Choose picture files, or a zip of them.")]})
    if sum(files.size_of(stream) for _name, stream in named) > files.LIMIT:
        sentence = tk._("This is more than {limit} MB at once: give some of the pictures now, the others after them.")
        raise tk.ValidationError({"pictures": [sentence.format(limit=files.LIMIT >> 20)]})
    return picture_sets.take(named)


def keep(draft: Draft, taken: picture_sets.Taken | None, remove: list[str], everything: bool) -> None:
    """Add pictures, each in the place of one with its name; take others out. The caller commits."""
    gone = {*remove}
    before = [] if everything else [one for one in given(draft) if not gone & {one["sha256"], tag(one)}]
    kept = {picture_sets.key(one["name"]): one for one in before}
    findings = [] if taken is None else [finding.to_dict() for finding in taken.findings]
    for picture in taken.pictures if taken else []:
        place = picture_sets.key(picture.name)
        if len(kept) >= picture_sets.MOST_PICTURES and place not in kept:
            findings.append(picture_sets.too_many(picture.name).to_dict())
            break
        kept[place] = {
            "name": picture.name,
            "sha256": files.put(draft.id, picture.content),
            "bytes": len(picture.content),
            "width": picture.width,
            "height": picture.height,
        }
    draft.media = {"pictures": list(kept.values()), "findings": findings[:_FINDINGS]} if kept or findings else None
    draft.modified = now()


def tag(picture: dict[str, Any]) -> str:
    """What tells a picture from another one that is equal."""
    return f"{picture['sha256']}/{picture['name']}"


def told(draft: Draft) -> list[dict[str, Any]]:
    """What is to be said of the pictures: what was refused when they came, what does not fit the table."""
    names = (draft.file or {}).get("named")
    checksums = {one["name"]: one["sha256"] for one in given(draft)}
    # Before the table is read every picture would be one too many.
    fitting = [] if names is None else [finding.to_dict() for finding in picture_sets.judge(names, checksums)]
    return [*((draft.media or {}).get("findings") or []), *fitting]


def named_in(report: protocols.Report) -> list[str] | None:
    """Names in a table's column of pictures; None while it is not known what will be published."""
    return picture_sets.named(report.clean)[:_NAMED] if report.clean else None


def publish(draft: Draft, clean: protocols.CleanTable) -> dict[str, str]:
    """Neutral names into the table; {neutral name: checksum} of the pictures that are published."""
    checksums = {one["name"]: one["sha256"] for one in given(draft)}
    return {name: checksums[own] for name, own in picture_sets.publish(clean, checksums).items()}


def archive(draft: Draft, published: dict[str, str], licence_id: str) -> bytes | None:
    """The zip that is published; None without a picture."""
    contents = {name: files.read(draft.id, checksum) for name, checksum in published.items()}
    if not contents:
        return None
    found = {name: content for name, content in contents.items() if content is not None}
    if len(found) != len(contents):
        raise tk.ValidationError({"pictures": [tk._("A picture is not there any more: please give it again.")]})
    licence = protocols.licences().by_id.get(licence_id)
    known = {"title": licence.title, "url": licence.url} if licence else None
    title = protocols.load(draft.protocol).title() if draft.protocol in protocols.slugs() else ""
    return picture_sets.pack(found, known, title)
