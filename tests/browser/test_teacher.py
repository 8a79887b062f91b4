"""The main job: a teacher's file becomes a published dataset, the coordinator approves; what goes wrong is said."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest
from ckanapi import NotAuthorized, RemoteCKAN
from ckanext.steamcity.demo.logger import IMPOSSIBLE, logger_file
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

COORDINATOR = "demo-coordinator-aix-a"
FINDING = "The journey of a test: CO2 climbs above 1,500 ppm"


def begin(page: Page, site: str, protocol: str = "CO2 sensors for indoor air quality") -> str:
    """From the desk to a fresh draft; its address without the step."""
    page.goto(f"{site}/desk")
    page.get_by_role("link", name="Publish a result").first.click()
    page.get_by_role("button", name=re.compile(protocol)).click()
    page.wait_for_url(re.compile(r"/publish/[0-9a-f-]{36}/"))
    return page.url.rsplit("/", 1)[0]


def go_on(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Save and go on|Go on")).first.click()
    page.wait_for_load_state()


def upload(page: Page, address: str, name: str, content: bytes) -> None:
    page.goto(f"{address}/data")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_load_state()


def throw_away(page: Page, address: str) -> None:
    page.goto(f"{address}/delete")
    page.get_by_role("button", name=re.compile("Throw away|Throw it away")).click()
    page.wait_for_load_state()


@pytest.fixture
def draft(teacher: Page, site: str) -> Iterator[str]:
    """Address of a fresh draft, thrown away afterwards."""
    address = begin(teacher, site)
    yield address
    throw_away(teacher, address)


def test_from_a_loggers_file_to_a_published_dataset(browser: Browser, teacher: Page, site: str, log_in, serious):
    """Every step of the main job, on the file such loggers write."""
    address = begin(teacher, site)
    # Question
    teacher.get_by_label("A new class").check()
    teacher.get_by_label("Lower secondary school").check()
    teacher.locator("select[name=school_year]").select_option("2025-2026")
    teacher.locator("#language, select[name=language]").first.select_option("en")
    teacher.get_by_label("The question").fill("Is the air in our classroom good enough?")
    teacher.locator("[name='hypotheses-0-statement']").fill("CO2 stays below 1,500 ppm in every lesson.")
    teacher.locator("[name='hypotheses-0-stated_on']").fill("2026-03-06")
    assert serious(teacher) == []
    go_on(teacher)
    # Data: what is wrong and where, in plain words; the offered repair is accepted
    upload(teacher, address, "mesures salle 12.csv", logger_file())
    expect(teacher.get_by_text(re.compile(str(IMPOSSIBLE))).first).to_be_visible()
    # How it was read stays closed while something is to be decided
    teacher.get_by_role("heading", name="How the file was read").click()
    expect(teacher.get_by_text(re.compile("semicolons")).first).to_be_visible()
    expect(teacher.get_by_text(re.compile("Nothing was measured between")).first).to_be_visible()
    expect(teacher.get_by_text(re.compile("Europe/Paris")).first).to_be_visible()
    assert serious(teacher) == []
    decision = teacher.locator("[name='decision-out_of_range']")
    decision.select_option("leave_out")
    teacher.locator("button[value=accept]").click()
    teacher.wait_for_load_state()
    if teacher.get_by_text("Please tell us").count():
        teacher.get_by_label(re.compile("Day first")).check()
        teacher.locator("button[value=accept]").click()
        teacher.wait_for_load_state()
    teacher.goto(f"{address}/data")
    expect(teacher.get_by_text("Accepted").first).to_be_visible()
    # Place, from a list
    teacher.goto(f"{address}/place")
    teacher.locator("select[name=city]").select_option("aix-en-provence")
    teacher.get_by_role("button", name="Show the neighbourhoods").click()
    teacher.get_by_label("Encagnane").check()
    assert teacher.locator("input[name*=lat], input[name*=lon]").count() == 0
    go_on(teacher)
    # What happened
    teacher.goto(f"{address}/outcome")
    teacher.locator("[name=finding]").fill(FINDING)
    teacher.get_by_label("Refuted").first.check()
    teacher.locator("[name='hypotheses-0-reflection']").fill("We should have opened the windows.")
    teacher.locator("[name=limits]").fill("One sensor, one room, one week.")
    assert serious(teacher) == []
    go_on(teacher)
    # Licence
    teacher.goto(f"{address}/licence")
    teacher.get_by_label(re.compile("CC BY 4.0")).check()
    go_on(teacher)
    # Check and ask
    teacher.goto(f"{address}/check")
    expect(teacher.get_by_text("Nothing is missing")).to_be_visible()
    assert serious(teacher) == []
    teacher.goto(f"{address}/ask")
    ask = teacher.get_by_role("button", name="Ask for publication")
    ask.dblclick()
    expect(teacher.get_by_text(re.compile("coordinator of your school looks at it"))).to_be_visible()
    # Not public yet, by no way
    package = address.rsplit("/", 1)[1]
    with pytest.raises(NotAuthorized):
        RemoteCKAN(site).action.package_show(id=package)
    _approve(browser, site, log_in, serious)
    _is_public(browser, site, package)


def _approve(browser: Browser, site: str, log_in, serious) -> None:
    context = browser.new_context()
    page = context.new_page()
    log_in(page, COORDINATOR)
    page.goto(f"{site}/desk")
    page.get_by_role("link", name=FINDING).first.click()
    expect(page.get_by_role("heading", name="Shall this be published?")).to_be_visible()
    expect(page.get_by_text("We should have opened the windows.")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Approve and publish").dblclick()
    # The second press cuts the first answer off: what counts is where the person arrives
    expect(page).to_have_url(re.compile("/experiment/"), timeout=30_000)
    context.close()


def _is_public(browser: Browser, site: str, package: str) -> None:
    shown = RemoteCKAN(site).action.package_show(id=package)
    assert (shown["state"], shown["version"], shown["finding"]) == ("active", "1", FINDING)
    assert shown["name"].endswith("-v1")
    page = browser.new_context().new_page()
    page.goto(f"{site}/experiment/{shown['name']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(FINDING)
    for text in (
        "How sure is this?",
        "What these data cannot tell",
        "Licence in words",
        "Encagnane",
        "We should have opened the windows.",
    ):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator("main svg[role=img]").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"steamcity:\d{4}\.")).first).to_be_visible()
    found = RemoteCKAN(site).action.package_search(
        q="journey of a test", fq=f"steamcity_area:aix-en-provence-encagnane +id:{package}"
    )
    assert found["count"] == 1
    box = RemoteCKAN(site).call_action("package_search", {"fq": f"id:{package}", "ext_bbox": "5.2,43.4,5.6,43.7"})
    assert box["count"] == 1
    data = next(one for one in shown["resources"] if one["role"] == "data")
    table = RemoteCKAN(site).action.datastore_search(resource_id=data["id"], limit=32000)
    assert str(IMPOSSIBLE) not in json.dumps(table["records"])
    body = urllib.request.urlopen(data["url"], timeout=60).read().decode()
    assert body.count("\n") - 1 == table["total"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("results.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "PDF"),
        ("results.csv", b"PK\x03\x04" + b"\0" * 2000, "CSV"),
        ("one-column.csv", b"CO2\n" + b"450\n" * 50, "column"),
        ("empty.csv", b"", "empty"),
        ("no-rows.csv", b"Date;CO2 (ppm)\n", "row"),
        (
            "wide.csv",
            (";".join(f"c{n}" for n in range(10_000)) + "\n" + ";".join("1" for n in range(10_000)) + "\n").encode(),
            "columns",
        ),
        (
            "formula.csv",
            b"Date;CO2 (ppm)\n13/03/2026 08:00;=cmd|' /C calc'!A0\n" + b"13/03/2026 08:05;500\n" * 30,
            "formula",
        ),
        ("../../etc/passwd.csv", b"\x00\x01\x02\x03" * 400, "text"),
    ],
    ids=["pdf", "zip", "one-column", "empty", "no-rows", "wide", "formula", "path-and-binary"],
)
def test_a_bad_file_is_explained_and_the_draft_kept(
    draft: str, teacher: Page, name: str, content: bytes, sentence: str
):
    """One sentence the teacher understands; the draft is still there."""
    upload(teacher, draft, name, content)
    assert sentence.lower() in teacher.locator("main").inner_text().lower()
    assert teacher.get_by_role("heading", name="Your data").is_visible()
    assert "Traceback" not in teacher.content()


def test_utf_16_is_read(draft: str, teacher: Page):
    """As some loggers and Excel write it."""
    text = "Date\tCO2 (ppm)\n" + "".join(
        f"13/03/2026 {8 + n // 12:02d}:{n % 12 * 5:02d}\t{500 + n * 7}\n" for n in range(36)
    )
    upload(teacher, draft, "utf16.txt", text.encode("utf-16"))
    expect(teacher.get_by_text("36 rows").first).to_be_visible()


def test_script_in_headers_and_cells_stays_text(draft: str, teacher: Page):
    """Nothing of a file is ever markup."""
    header = "Date;CO2 (ppm);<script>alert(1)</script>"
    rows = "".join(
        f"13/03/2026 {8 + n // 12:02d}:{n % 12 * 5:02d};{500 + n};<img src=x onerror=alert(1)>\n" for n in range(36)
    )
    teacher.on("dialog", lambda dialog: pytest.fail("a script ran"))
    upload(teacher, draft, "<b>\"Łódź' 🌳.csv", f"{header}\n{rows}".encode())
    assert teacher.locator("main script:not([type])").count() == 0
    assert teacher.locator("main img").count() == 0
    assert "Łódź" in teacher.locator("main").inner_text()


def test_a_text_too_long_is_said_next_to_its_field(draft: str, teacher: Page):
    """10,000 trees: the sentence stands at the field and nothing is lost."""
    teacher.goto(f"{draft}/outcome")
    teacher.locator("[name=limits]").fill("🌳" * 10_000)
    go_on(teacher)
    expect(teacher.get_by_text(re.compile("too long")).first).to_be_visible()
    assert len(teacher.locator("[name=limits]").input_value()) >= 10_000


def test_missing_steps_are_named(draft: str, teacher: Page, serious):
    """Asking too early says what is missing and leads there."""
    teacher.goto(f"{draft}/ask")
    expect(teacher.get_by_text("Some things are still missing")).to_be_visible()
    assert teacher.locator("main a[href*='/question']").count() >= 1
    assert serious(teacher) == []


@pytest.mark.parametrize("language", ["fr", "it", "es", "bg"])
def test_sentences_are_in_the_interfaces_language(draft: str, teacher: Page, site: str, language: str):
    """A finding of the check, translated."""
    teacher.goto(f"{site}/{language}{draft.removeprefix(site)}/data")
    teacher.locator("input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"%PDF-1.7\n" * 40}
    )
    teacher.locator("button[value=check_new]").click()
    teacher.wait_for_load_state()
    assert teacher.locator("html").get_attribute("lang") == language
    text = teacher.locator("main").inner_text()
    assert "PDF" in text
    assert "This is" not in text


def test_keyboard_only(teacher: Page, site: str):
    """A draft can be begun without a mouse."""
    teacher.goto(f"{site}/publish")
    for _step in range(80):
        teacher.keyboard.press("Tab")
        if (teacher.evaluate("document.activeElement.value") or "") == "co2-indoor":
            break
    teacher.keyboard.press("Enter")
    teacher.wait_for_url(re.compile(r"/publish/[0-9a-f-]{36}/"))
    throw_away(teacher, teacher.url.rsplit("/", 1)[0])


@pytest.mark.parametrize("path", ["/desk", "/publish"])
def test_pages_of_the_teacher(teacher: Page, site: str, serious, path: str):
    """Axe, and 320 pixels."""
    teacher.goto(site + path)
    assert serious(teacher) == []
    teacher.set_viewport_size({"width": 320, "height": 800})
    teacher.goto(site + path)
    assert teacher.evaluate("document.documentElement.scrollWidth") <= 320
