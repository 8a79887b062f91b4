"""Finding a draft for an action, and the action for its pictures. Registered by ``action.py``."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity.arguments import checked

from .. import compose, datafile, files, pictures, workflow
from ..model import Draft


def the_draft(data_dict: DataDict, lock: bool = False) -> Draft:
    package = model.Package.get(str(tk.get_or_bust(data_dict, "id")))
    if package is None or package.type != "experiment":
        raise tk.ObjectNotFound(tk._("There is no such draft."))
    data_dict["id"] = package.id
    draft = Draft.of_package(package)
    return Draft.locked(package.id) or draft if lock else draft


def editable(draft: Draft) -> None:
    if not workflow.may(draft.state, workflow.EDIT):
        raise tk.NotAuthorized(tk._("This draft cannot be changed now: it is being reviewed or published."))


@checked
def steamcity_draft_pictures_set(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give pictures with a draft's table, or take some out. Every picture is drawn anew without what its camera wrote.

    :param id: the draft; its protocol has a column of picture files
    :param upload: a JPEG, PNG or WebP file, or a zip of them (multipart); inside also a list of files
    :param remove: list of checksums (`pictures` of `steamcity_draft_show`), `checksum/name` for one of several equal
        ones, or `all` (optional)
    :returns: `pictures`, `findings` about them, and their `mark`: who has looked at them and says that nobody can be
        recognised saves it as `answers.data.pictures_seen`
    """
    draft = the_draft(data_dict)
    tk.check_access("steamcity_draft_pictures_set", context, data_dict)
    editable(draft)
    if not pictures.wanted(compose.protocol_of(draft)):
        raise tk.ValidationError({"pictures": [tk._("Results of this protocol have no pictures.")]})
    remove = data_dict.get("remove") or []
    if remove != "all" and not isinstance(remove, list):
        raise tk.ValidationError({"remove": [tk._("Give a list of at most {count} entries.").format(count=100)]})
    uploads = data_dict.get("upload")
    taken = pictures.read(uploads) if uploads or not remove else None
    draft = the_draft(data_dict, lock=True)
    editable(draft)
    pictures.keep(draft, taken, [one for one in remove if isinstance(one, str)], remove == "all")
    kept = datafile.kept(draft)
    model.Session.commit()
    files.keep_only(draft.id, *kept)
    shown = {"pictures": pictures.given(draft), "findings": pictures.told(draft), "mark": pictures.mark(draft)}
    return {"id": draft.id, **shown}
