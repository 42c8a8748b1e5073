"""The stage of the journeys: a running clinic and real tablets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests import factories
from tests.browser.clinic import TLS_NAME, RunningClinic
from tests.browser.tablet import Tablet
from tests.databases import configuration
from tests.stages import MACOS_CHROME, TOOLS

LYING = {"width": 1180, "height": 820}
STANDING = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}

# What a page is about to say, it may say late on a busy machine.
expect.set_options(timeout=20_000)

# Nothing but this machine can be reached: a page that asks for more fails.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    f"--host-resolver-rules=MAP {TLS_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost,"
    " EXCLUDE 127.0.0.1",
)

# The pictures are compared with drawings that were made in Inter.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  {}
</fontconfig>
"""
INTER = """<match target="pattern">
    <test name="family"><string>{}</string></test>
    <edit name="family" mode="assign" binding="strong"><string>Inter</string></edit>
  </match>"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium_program() -> str:
    """The machine's own Chromium."""
    found = next(filter(None, map(shutil.which, TOOLS[0].names)), None)
    return found or str(MACOS_CHROME / "Contents/MacOS/Google Chrome")


@pytest.fixture(scope="session")
def browser_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How Chromium is started, in a home of its own and with Inter as the system's font."""
    home = tmp_path_factory.mktemp("home")
    families = "".join(INTER.format(name) for name in ("system-ui", "sans-serif"))
    fonts = home / "fonts.conf"
    fonts.write_text(FONTS.format(families), "utf-8")
    settings = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    if sys.platform == "linux":
        settings["FONTCONFIG_FILE"] = str(fonts)
    return {
        "executable_path": chromium_program(),
        "args": list(FLAGS),
        "env": {**os.environ, **settings},
    }


@pytest.fixture(scope="module")
def machinery() -> Iterator[Playwright]:
    """What starts browsers.

    It ends with the module, because Playwright keeps an event loop running as long as it lives.
    """
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(machinery: Playwright, browser_options: dict[str, Any]) -> Iterator[Browser]:
    """A browser; each tablet is a profile of its own in it."""
    browser = machinery.chromium.launch(**browser_options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def clinic(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningClinic]:
    """The clinic that most journeys share; each brings patients of its own."""
    yield from _serving(migrated_sqlite, tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def own_clinic(migrated_sqlite: Path, tmp_path: Path) -> Iterator[RunningClinic]:
    """A clinic of this journey's own: nothing was done there yet, and it may be stopped."""
    yield from _serving(migrated_sqlite, tmp_path)


@pytest.fixture(scope="module")
def tls_clinic(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningClinic]:
    """A clinic as tablets reach it on a network: over TLS, under a name."""
    yield from _serving(migrated_sqlite, tmp_path_factory.mktemp("network"), over_tls=True)


@pytest.fixture(scope="module")
def trusting_chromium(
    machinery: Playwright,
    browser_options: dict[str, Any],
    tls_clinic: RunningClinic,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    """A browser on a machine that trusts the root of `tls_clinic`, as after the trust page."""
    home = tmp_path_factory.mktemp("trusting")
    trust_on_linux(home, tls_clinic.root.pem)
    options = {**browser_options, "env": {**browser_options["env"], "HOME": str(home)}}
    browser = machinery.chromium.launch(**options)
    yield browser
    browser.close()


def trust_on_linux(home: Path, root: bytes) -> None:
    """Put a root certificate where Chromium looks for those that a machine's owner trusts."""
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    (home / "root.pem").write_bytes(root)
    database = f"sql:{store}"
    subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-A", "-d", database, "-n", "clinic", "-t", "C,,", "-i", home / "root.pem"],
        check=True,
    )


@pytest.fixture
def new_clinic(tmp_path: Path) -> Iterator[RunningClinic]:
    """A server on a machine where Stipple never ran."""
    running = RunningClinic(configuration(tmp_path))
    running.start()
    yield running
    running.stop()


def _serving(migrated: Path, folder: Path, *, over_tls: bool = False) -> Iterator[RunningClinic]:
    shutil.copytree(migrated, folder / "stipple")
    running = RunningClinic(configuration(folder / "stipple"), over_tls=over_tls)
    with running.records():
        factories.cast()
    running.start()
    yield running
    running.stop()


NewTablet = Callable[..., Tablet]


@pytest.fixture
def new_tablet(chromium: Browser) -> Iterator[NewTablet]:
    """Makes tablets of a clinic; what any of them complains about fails the test."""
    yield from _tablets(chromium)


@pytest.fixture
def new_trusting_tablet(trusting_chromium: Browser) -> Iterator[NewTablet]:
    """Makes tablets that trust the root of `tls_clinic`."""
    yield from _tablets(trusting_chromium)


def _tablets(browser: Browser) -> Iterator[NewTablet]:
    made: list[Tablet] = []

    def make(clinic: RunningClinic, **options: Any) -> Tablet:
        context = browser.new_context(
            **{
                "has_touch": True,
                "viewport": LYING,
                "locale": "en-US",
                "accept_downloads": True,
                # What a worker asks for is out of reach of a test that cuts or holds requests.
                "service_workers": "block",
                **options,
            }
        )
        made.append(Tablet(context, clinic.address))
        return made[-1]

    yield make
    complaints = [complaint for tablet in made for complaint in tablet.complaints]
    for tablet in made:
        tablet.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def tablet(new_tablet: NewTablet, clinic: RunningClinic) -> Tablet:
    """A tablet of the shared clinic, lying, not signed in."""
    return new_tablet(clinic)


@pytest.fixture
def alices_tablet(tablet: Tablet) -> Tablet:
    """A tablet that Alice has signed in on."""
    tablet.sign_in("alice")
    tablet.taps = tablet.keys = 0
    return tablet
