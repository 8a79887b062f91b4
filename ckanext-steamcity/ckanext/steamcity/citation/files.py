"""Files of experiments: kept under the address of their content, served as attachments. This plugin only.

Plain datasets keep core's uploads. A draft uploads again as often as it likes; the old blob stays, and versions that
share a file share its blob.
"""

from __future__ import annotations

import io
import json
import mimetypes
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import munge
from ckan.types import Response
from ckanext.steamcity import blobs, privacy
from flask import g, has_request_context
from werkzeug.datastructures import FileStorage

from .record import resource_with_role

_MEDIA = {"CSV": "text/csv", "JSON": "application/json", "ZIP": "application/zip"}


class BlobUpload:
    """What core asks of an uploader. The checksum goes into the resource from here, never from what a client sends."""

    def __init__(self, resource: dict[str, Any]) -> None:
        self.sha256 = str(resource.get("sha256") or "")
        self.name = str(resource.get("name") or "")
        self.upload_file: Any = None
        self.mimetype: str | None = None
        upload = resource.pop("upload", None)
        resource.pop("clear_upload", None)
        if not isinstance(upload, FileStorage) or not upload.filename:
            return
        self.upload_file = upload.stream
        named = munge.munge_filename(upload.filename)
        ending = named.rpartition(".")[2] if "." in named else "bin"
        resource["url"] = f"file.{ending}" if privacy.scan_file_name(upload.filename) else named
        resource["url_type"] = "upload"
        self.mimetype = resource["mimetype"] = mimetypes.guess_type(resource["url"])[0]
        self.filesize = self.upload_file.seek(0, io.SEEK_END)
        self.upload_file.seek(0)

    def upload(self, id: str, max_size: int = 10) -> None:
        """Store the bytes and note their address; core calls it between flush and commit."""
        if self.upload_file is None:
            return
        if self.filesize > max_size << 20:
            raise tk.ValidationError({"upload": [tk._("This file is larger than {limit} MB.").format(limit=max_size)]})
        resource = model.Session.get(model.Resource, id)
        if resource is not None:
            sha256, resource.size = blobs.put(self.upload_file)
            resource.extras = {**(resource.extras or {}), "sha256": sha256}

    def get_path(self, id: str) -> str:
        """Where the bytes lie. Core sends the file inline; `attach` makes an attachment of it."""
        try:
            path = blobs.path(self.sha256)
        except ValueError:
            path = None
        if path is None or not path.exists():
            tk.abort(404, tk._("There is no file here."))
        if has_request_context():
            g.steamcity_blob = self.sha256, self.name
        return str(path)


def resource_uploader(resource: dict[str, Any]) -> BlobUpload | None:
    """Our uploader for files of experiments, None (core's) for any other."""
    package = model.Package.get(resource["package_id"]) if resource.get("package_id") else None
    return BlobUpload(resource) if package is not None and package.type == "experiment" else None


def attach(response: Response) -> Response:
    """Make a blob an attachment that no browser runs, whatever its name pretends."""
    sha256, name = g.pop("steamcity_blob", ("", ""))
    if sha256 and response.status_code in (200, 206, 304):
        # The file's own name, whatever the address ends with.
        response.headers.set("Content-Disposition", "attachment", filename=munge.munge_filename(name or "file"))
        response.headers["X-Content-Type-Options"] = "nosniff"
        if (response.mimetype or "").startswith("text/"):
            response.headers["Content-Type"] = f"{response.mimetype}; charset=utf-8"
        response.headers["ETag"] = f'"{sha256}"'
    return response


def set_files(package_id: str, files: list[dict[str, Any]], fields: dict[str, Any], provenance: dict[str, Any]) -> dict:
    """Write files into a draft, each replacing the one of its role, and `fields` of the package, in one save. A file
    whose content is None takes the one of its role away."""
    context: Any = {"ignore_auth": True, "use_cache": False}
    package = tk.get_action("package_show")(context, {"id": package_id})
    resources = list(package["resources"])
    for file in files:
        kept = resource_with_role({"resources": resources}, file["role"])
        if file["content"] is None:
            resources = [one for one in resources if one is not kept]
            continue
        content = file["content"].encode() if isinstance(file["content"], str) else bytes(file["content"])
        if file["role"] == "dictionary" and provenance:
            described = {**json.loads(content), "provenance": provenance}
            content = json.dumps(described, ensure_ascii=False, indent=1).encode()
        sha256, size = blobs.put(content)
        name = munge.munge_filename(file["name"])
        described = {
            **(kept or {}),
            "package_id": package["id"],
            "url": name,
            "url_type": "upload",
            "name": file["name"],
            "role": file["role"],
            "format": file.get("format") or "",
            "description": file.get("description") or "",
            "mimetype": _MEDIA.get(str(file.get("format") or "").upper()) or mimetypes.guess_type(name)[0],
            "size": size,
            "sha256": sha256,
        }
        if kept:
            resources[resources.index(kept)] = described
        else:
            resources.append(described)
    # The portal's own account: a save is kept for ever as an activity, and no person's name belongs there.
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    inside: Any = {"ignore_auth": True, "user": user, "steamcity_inside": True}
    before = (resource_with_role(package, "media") or {}).get("sha256")
    saved = tk.get_action("package_patch")(inside, {**fields, "id": package["id"], "resources": resources})
    if before and before != (resource_with_role(saved, "media") or {}).get("sha256"):
        # A picture that was taken out of a draft showed somebody, perhaps: it does not stay.
        blobs.drop_unused(before)
    return saved
