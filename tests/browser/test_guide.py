"""The guide's path, walked as it is written; `--pictures` takes its pictures afresh on the way."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import factories
from tests.browser import paper
from tests.browser.asking import answer_all, read_warnings, say
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.rules.sources import PROJECT

PICTURES = PROJECT / "docs" / "pictures"
LARGEST = 150_000
# Fewer would make one colour of a warning and a stop.
COLOURS = 200


OTHERS = (
    ("Peter", "Nakagawa-Sample", date(1971, 6, 30)),
    ("Lila", "Banerjee-Sample", date(1990, 10, 4)),
)


class Camera:
    """Takes the pictures of the guide, small enough to be kept with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: set[str] = set()

    def take(self, tablet: Tablet, name: str) -> None:
        """The page as it stands on the tablet."""
        raw = self.folder / f"{name}.raw.png"
        tablet.page.mouse.move(0, 0)
        tablet.page.wait_for_function("document.fonts.status === 'loaded'")
        tablet.page.screenshot(path=raw, animations="disabled", caret="hide")
        self.keep(raw, name)

    def keep(self, raw: Path, name: str) -> None:
        """The same picture in few colours."""
        small = self.folder / f"{name}.png"
        with Image.open(raw) as picture:
            picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
                small, optimize=True
            )
        raw.unlink()
        assert small.stat().st_size < LARGEST, f"{name} has {small.stat().st_size} bytes"
        self.taken.add(small.name)


@pytest.fixture
def camera(pytestconfig: pytest.Config, tmp_path: Path) -> Camera:
    """Into the guide with `--pictures`, else into a folder that goes away."""
    folder = PICTURES if pytestconfig.getoption("--pictures") else tmp_path / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return Camera(folder)


@pytest.mark.long
def test_the_path_of_the_guide_leads_where_it_says(
    new_clinic: RunningClinic,
    own_clinic: RunningClinic,
    new_tablet: NewTablet,
    camera: Camera,
    tmp_path: Path,
) -> None:
    set_up(new_tablet(new_clinic), camera)
    for number, (given, family, born) in enumerate(OTHERS, start=198):
        of = own_clinic.new_patient(
            given_name=given, family_name=family, born=born, record_number=f"00{number}"
        )
        own_clinic.new_note(of, units="200", lot="C8412C3", ml="4", discarded="190")
    patient = own_clinic.new_patient(record_number="004217")
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    camera.take(tablet, "today")
    tablet.go(f"/patients/{patient.id}")
    camera.take(tablet, "patient")
    note = one_session(tablet, camera, tmp_path)
    verify(tablet, note, camera)
    records_desk(new_tablet(own_clinic), patient.record_number, camera)

    assert camera.taken == {picture.name for picture in PICTURES.glob("*.png")}


def set_up(tablet: Tablet, camera: Camera) -> None:
    """The first visit asks for the code of the terminal."""
    tablet.go("/")
    expect(tablet.page.locator("#code")).to_be_visible()
    camera.take(tablet, "first-visit")


def one_session(tablet: Tablet, camera: Camera, folder: Path) -> Path:
    """From the open patient to the signed note; answers the downloaded file."""
    page = tablet.page
    chart = ChartPage(tablet)
    tablet.tap("[data-action=start]")
    chart.wait_until_open()
    camera.take(tablet, "indication")
    chart.choose("chronic_migraine")
    chart.wait_until_saved()
    camera.take(tablet, "planned")
    chart.mix_now()
    tablet.tap("#time-out")
    page.wait_for_url("**/time-out")
    for question in ("identity_confirmed", "plan_agreed"):
        say(tablet, question, "yes")
    camera.take(tablet, "time-out")
    tablet.tap(page.get_by_role("link", name="Back to the chart").last)
    chart.wait_until_open()
    for _ in range(4):
        key = next(row.key for row in chart.rows() if row.state == "planned")
        chart.tap_mark(key)
    chart.wait_until_saved()
    camera.take(tablet, "giving")

    tablet.expects("failed: PUT .*/chart net::ERR_INTERNET_DISCONNECTED")
    tablet.context.set_offline(True)
    chart.tap_mark(next(row.key for row in chart.rows() if row.state == "planned"))
    expect(chart.save).to_contain_text("kept on this tablet")
    camera.take(tablet, "offline")
    tablet.context.set_offline(False)
    chart.wait_until_saved()

    chart.give_all()
    chart.wait_until_saved()
    camera.take(tablet, "all-given")
    chart.review()
    answer_all(tablet)
    tablet.tap("[data-action=code][value='G43.709']")
    expect(page.locator("[data-action=code]")).to_have_count(0)
    camera.take(tablet, "review")
    tablet.expects("answer: 403 POST .*/signature")
    read_warnings(tablet)
    tablet.tap_pin("503718")
    tablet.tap("[data-action=sign]")
    expect(page.get_by_text("Tries left: 4")).to_be_visible()
    read_warnings(tablet)
    tablet.tap_pin(factories.ALICES_PIN)
    tablet.tap("[data-action=sign]")
    expect(page.get_by_role("heading", name="Signed note N-")).to_be_visible()
    camera.take(tablet, "signed")
    with page.expect_download() as download:
        tablet.tap(page.get_by_role("link", name="Download"))
    note = paper.kept(download.value, folder)
    raster = folder / "note"
    subprocess.run(
        ["pdftoppm", "-png", "-r", "90", "-singlefile", str(note), str(raster)], check=True
    )
    camera.keep(raster.with_suffix(".png"), "note")
    return note


def verify(tablet: Tablet, note: Path, camera: Camera) -> None:
    """Anybody drops the file and reads the verdict."""
    tablet.go("/verify")
    tablet.page.locator("input[type=file]").set_input_files(note)
    expect(tablet.page.get_by_text("Nothing has been changed since it was signed")).to_be_visible()
    camera.take(tablet, "verify")


def records_desk(tablet: Tablet, record_number: str, camera: Camera) -> None:
    """Staff find the note and print it for a reason."""
    tablet.sign_in("dan")
    tablet.go("/notes")
    camera.take(tablet, "notes")
    row = tablet.page.locator("table tbody tr", has_text=record_number)
    tablet.tap(row.get_by_role("link", name="Print note"))
    expect(tablet.page.locator("#print-copy")).to_be_visible()
    camera.take(tablet, "print")
