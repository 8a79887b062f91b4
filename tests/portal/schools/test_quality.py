"""How good the data of a result are, told to whoever may see the result."""

from __future__ import annotations

from html import unescape

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from schoolhelp import act, refused

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def test_the_quality_of_a_draft_in_figures_and_words(ready, people):
    """Of its last accepted file; strangers learn nothing of a draft."""
    found = act("steamcity_quality_show", people["teacher"], id=ready["id"])
    assert found["rows"] == 96
    assert found["completeness"] == 1.0
    assert not found["published"]
    assert found["calibration"] == {"stated": 0, "instruments": len(found["instruments"])}
    assert sum(flag["rows"] for flag in found["flags"]) == 96
    assert all(message["text"] for message in found["words"])
    error = refused("steamcity_quality_show", None, id=ready["id"])
    assert isinstance(error, (tk.NotAuthorized, tk.ObjectNotFound))


def test_the_page_before_publication_says_how_sure_as_the_published_one_does(app, ready, people):
    """What the class and its coordinator look at is what everybody will see."""
    token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
    page = unescape(app.get(f"/publish/{ready['id']}/check", headers=token).body)
    found = act("steamcity_quality_show", people["teacher"], id=ready["id"])
    for message in found["words"][-2:]:
        assert message["text"].format(**message["params"]) in page
    assert "Rows by what the tests say" in page
