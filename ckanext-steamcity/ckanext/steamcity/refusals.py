"""What core says when it refuses speaks of packages, groups and administrators. The helpers of the frame only."""

from __future__ import annotations

import re

import ckan.plugins.toolkit as tk

# Core's own sentences (in its catalogues, so not marked here); %s and %r stand for names.
_CORES = (
    "Unauthorized to create a package", "Unauthorized to read package %s", "Unauthorized to read package",
    "Unauthorized to read dataset %s", "Unauthorized to update dataset", "Unauthorized to create a group",
    "Unauthorized to delete group %s", "Unauthorized to delete group %s members",
    "Unauthorized to create group %s members",
    "Unauthorized to add member to group %s", "Unauthorized to view followers %s", "Unauthorized to edit user %s",
    "Unauthorized to edit a user.", "Unauthorized to create user %s", "Unauthorized to register as a user.",
    "Unauthorized to request reset password.", "Unauthorized to reset password.", "Unauthorized to read resource %s",
    "Unauthorized to edit this resource", "Unauthorized to edit resource", "Unauthorized to create a resource",
    "Unauthorized to access", "Unauthorized to view activity data", "Unauthorized to view API tokens.",
    "Unauthorized to revoke API tokens.", "Unauthorized to create API tokens.",
    'Unauthorized to delete user with id "{user_id}".', "Unauthorized to create a harvest source",
    "Unauthorized to see this page", "Not authorized to see this page", "Not authorized to perform bulk update",
    "Not authorized to download resource", "Not authorized", "Need to be system administrator to administer",
    "Have to be logged in to edit user", "You must be logged in to follow users",
    "You must be logged in to follow groups",
    "You must be logged in to follow datasets",
)  # fmt: skip
# Not every sentence is translated, and many begin in the same way.
_ENGLISH = re.compile(r"(Unauthori[sz]ed|Not authori[sz]ed|Access denied|User \S+ not authori[sz]ed)\b")
_NAME = re.compile(r"%[sr]|\\\{user_id\\\}")


def sentence(said: str) -> str:
    """`said` without marks when it is a sentence of ours, else what holds for every page that is not open."""
    text = re.sub(r"<[^>]*>", "", str(said or "")).strip()
    if not text or _ENGLISH.match(text) or any(_pattern(one).fullmatch(text) for one in _CORES):
        return tk._("You need another account, or another role in the school, to see this page.")
    return text


def _pattern(cores: str) -> re.Pattern[str]:
    return re.compile(_NAME.sub(".*", re.escape(tk._(cores)).replace(r"\ ", " ")))
