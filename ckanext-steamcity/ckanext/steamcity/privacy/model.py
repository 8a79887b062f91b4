"""What a search for personal data gives back. For the other modules of this package and, through it, for anybody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ckanext.steamcity.messages import N_, Message

KINDS = (
    "person_name",
    "pupil_code",
    "email",
    "phone",
    "coordinates",
    "number_plate",
    "birth_date",
    "age",
    "address",
    "account",
    "bank_account",
)

# One sentence per kind: what was found and what to do about it. Never the value itself; the place is told beside it.
MESSAGES = {
    "person_name": N_("This looks like the name of a person: {excerpt}. Leave names out."),
    "pupil_code": N_(
        "This looks like a code or number for each person. Such a code still points to somebody: leave it out."
    ),
    "email": N_("This is an e-mail address: {excerpt}. Leave it out."),
    "phone": N_("This is a telephone number: {excerpt}. Leave it out."),
    "coordinates": N_("This is an exact place: {excerpt}. Choose the place from the list instead."),
    "number_plate": N_("This is a number plate: {excerpt}. Leave it out and count vehicles by kind."),
    "birth_date": N_("This is a date of birth: {excerpt}. Leave it out."),
    "age": N_("This looks like the age of single persons. Leave it out."),
    "address": N_("This is a postal address: {excerpt}. Name the neighbourhood, without street and number."),
    "account": N_("This looks like the name of a person’s account: {excerpt}. Leave it out."),
    "bank_account": N_("This is the number of a bank account: {excerpt}. Leave it out."),
}

_WORD = re.compile(r"[^\W_]+")


def mask(value: str) -> str:
    """Keep the first sign of each word and nothing else, at most five words: ``Jane Doe`` → ``J… D…``."""
    return _WORD.sub(lambda match: match[0][0] + "…", " ".join(value.split()[:5])[:200])


@dataclass(frozen=True)
class PersonalData:
    """One finding. ``certain`` is False for what only looks like a person: a teacher may then say that it is none.

    ``count``: for how many cells it stands, the last one listed of its kind and column for all further ones too.
    ``rows``: all rows of the table whose cell in this column holds this kind; none where the whole column does.
    """

    kind: str
    where: str
    excerpt: str
    message: Message
    certain: bool = True
    row: int | None = None
    column: str | None = None
    count: int = 1
    rows: Sequence[int] = field(default=(), repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        told = ("kind", "where", "excerpt", "certain", "row", "column", "count")
        return {"message": self.message.to_dict(), **{name: getattr(self, name) for name in told}}


def found(
    kind: str,
    where: str,
    value: str,
    *,
    certain: bool = True,
    row: int | None = None,
    column: str | None = None,
    count: int = 1,
    rows: Sequence[int] = (),
) -> PersonalData:
    """Make a finding; the value is masked here, so that it leaves this package in no other form."""
    excerpt = mask(value)
    params = {"where": where, "excerpt": excerpt, "row": row, "column": column, "count": count}
    return PersonalData(kind, where, excerpt, Message(MESSAGES[kind], params), certain, row, column, count, rows)
