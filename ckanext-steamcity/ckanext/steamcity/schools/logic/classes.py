"""Actions about classes, registered by ``action.py``. The plugin may use ``the_school``."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity.arguments import checked

from .. import pseudonyms
from ..model import SchoolClass, valid
from ..years import school_year


def the_school(reference: Any) -> model.Group:
    """The school with this id or name; ObjectNotFound when there is none."""
    school = model.Group.get(str(reference or ""))
    if school is None or not school.is_organization or school.state != "active":
        raise tk.ObjectNotFound(tk._("There is no such school."))
    return school


@checked
def steamcity_class_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make a class: the portal gives it the name of a team, unique in its school and year.

    :param school: id or name of the school
    :param school_year: as `2025-2026` (the current one)
    :param level_band: `lower_secondary`, `upper_secondary` or `mixed`
    """
    tk.check_access("steamcity_class_create", context, data_dict)
    school = the_school(tk.get_or_bust(data_dict, "school"))
    values: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    today = datetime.datetime.now(datetime.UTC).date()
    given = {
        "school_year": data_dict.get("school_year") or school_year(today),
        "level_band": data_dict.get("level_band"),
    }
    if not given["level_band"]:
        raise tk.ValidationError({"level_band": [tk._("Choose the level of the class.")]})
    for name, validator in (("school_year", "steamcity_school_year"), ("level_band", "steamcity_level")):
        try:
            values[name] = valid(validator, given[name])
        except tk.Invalid as error:
            errors[name] = [error.error]
    if errors:
        raise tk.ValidationError(errors)  # type: ignore[arg-type]
    # Two teachers at once must not get the same name.
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"steamcity_class {school.id}"))))
    taken = {one.name for one in SchoolClass.of_school(school.id) if one.school_year == values["school_year"]}
    name = pseudonyms.pick(taken, f"{school.id} {values['school_year']}")
    made = SchoolClass(id=str(uuid.uuid4()), school=school.id, name=name, **values)
    model.Session.add(made)
    model.Session.flush()
    if not context.get("defer_commit"):
        model.Session.commit()
    return made.dictize()


@checked
def steamcity_class_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the level of a class. Its name and year stay what results were published under.

    :param id: the class
    :param level_band: the new level
    """
    tk.check_access("steamcity_class_update", context, data_dict)
    found = SchoolClass.get(tk.get_or_bust(data_dict, "id"))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such class."))
    try:
        found.level_band = valid("steamcity_level", data_dict.get("level_band"))
    except tk.Invalid as error:
        raise tk.ValidationError({"level_band": [error.error]}) from error
    model.Session.commit()
    return found.dictize()


@tk.side_effect_free
@checked
def steamcity_class_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Classes of a school, the newest year first.

    :param school: id or name of the school
    """
    tk.check_access("steamcity_class_list", context, data_dict)
    return [one.dictize() for one in SchoolClass.of_school(the_school(tk.get_or_bust(data_dict, "school")).id)]


@tk.side_effect_free
@checked
def steamcity_class_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A class: its team name, school, school year and level.

    :param id: the class
    """
    tk.check_access("steamcity_class_show", context, data_dict)
    found = SchoolClass.get(str(tk.get_or_bust(data_dict, "id")))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such class."))
    return found.dictize()
