"""The clinic on its network: who trusts the root signs in, who does not is kept out."""

from __future__ import annotations

import json
import plistlib
import re
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, expect

from app.trust import DEVICES
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import TLS_NAME, RunningClinic
from tests.browser.conftest import LYING, PHONE, STANDING, NewTablet
from tests.browser.test_accessibility import LOOKS, RULES, SMALL, TOO_WIDE

IPAD = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Safari/605.1.15"
)


def test_a_trusting_tablet_signs_in_and_its_cookie_is_this_hosts_alone(
    tls_clinic: RunningClinic, new_trusting_tablet: NewTablet
) -> None:
    tablet = new_trusting_tablet(tls_clinic)

    tablet.sign_in("alice")

    cookies = tablet.context.cookies()
    assert tablet.page.url == f"https://{TLS_NAME}:{tls_clinic.port}/"
    assert {cookie["name"] for cookie in cookies} == {"__Host-stipple", "__Host-stipple-tablet"}
    for cookie in cookies:
        assert (cookie["secure"], cookie["httpOnly"], cookie["path"]) == (True, True, "/")
        assert cookie["domain"] == TLS_NAME
    tablet.sign_out()


def test_a_tablet_that_does_not_trust_is_kept_out(
    tls_clinic: RunningClinic, chromium: Browser
) -> None:
    page = chromium.new_context().new_page()

    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(tls_clinic.address)
    page.context.close()


def test_stipple_can_be_installed_as_an_app(
    tls_clinic: RunningClinic, new_trusting_tablet: NewTablet
) -> None:
    tablet = new_trusting_tablet(tls_clinic)
    tablet.go("/login")
    inspector = tablet.context.new_cdp_session(tablet.page)

    manifest = inspector.send("Page.getAppManifest")
    missing = inspector.send("Page.getInstallabilityErrors")["installabilityErrors"]

    said = json.loads(manifest["data"])
    assert manifest["errors"] == []
    # The tests' browser keeps nothing, where nothing can be installed; all else is as it must be.
    assert [fault["errorId"] for fault in missing] in ([], ["in-incognito"])
    assert (said["name"], said["display"], said["start_url"]) == ("Stipple", "standalone", "/")
    assert {icon["sizes"] for icon in said["icons"]} == {"192x192", "512x512"}


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(LYING, id="lying"),
        pytest.param(STANDING, id="standing", marks=pytest.mark.long),
    ],
)
def test_bars_keep_clear_of_the_edges_that_the_tablet_needs(
    tls_clinic: RunningClinic, new_trusting_tablet: NewTablet, size: dict[str, int]
) -> None:
    tablet = new_trusting_tablet(tls_clinic, viewport=size)
    tablet.sign_in("alice")
    inspector = tablet.context.new_cdp_session(tablet.page)
    inspector.send(
        "Emulation.setSafeAreaInsetsOverride",
        {"insets": {"top": 24, "bottom": 20, "left": 30, "right": 30}},
    )

    brand = tablet.page.locator(".topbar .brand").bounding_box()
    way_out = tablet.page.locator("form[action='/logout'] button").bounding_box()

    assert brand is not None
    assert way_out is not None
    assert brand["x"] >= 30
    assert brand["y"] >= 24
    assert way_out["x"] + way_out["width"] <= size["width"] - 30

    chart = ChartPage.start(tablet, tls_clinic.new_patient(), "chronic_migraine")
    rail = chart.page.locator("#rail").bounding_box()
    foot = chart.page.locator("#sums").bounding_box()
    head = chart.page.locator(".who-bar").bounding_box()
    assert rail is not None
    assert foot is not None
    assert head is not None
    assert rail["x"] >= 30
    assert head["y"] >= 24
    assert foot["y"] + foot["height"] <= size["height"] - 20


def test_the_trust_page_shows_an_ipad_its_steps_and_hands_it_the_root(
    tls_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(tls_clinic, user_agent=IPAD)
    address = f"http://localhost:{tls_clinic.trust_port}"

    tablet.page.goto(address)

    page = tablet.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Trust this clinic on an iPad")
    pairs = tls_clinic.root.fingerprint
    expect(page.locator(".print-code")).to_have_text(
        re.compile(r"\s*".join(re.escape(" ".join(pairs[n : n + 8])) for n in range(0, 32, 8)))
    )
    assert " ".join(pairs[:16]) in "\n".join(tls_clinic.terminal)
    # A download leaves its page where it is, which the browser calls aborted.
    tablet.expects(r"failed: GET .*/stipple\.mobileconfig net::ERR_ABORTED")
    with page.expect_download() as downloading:
        tablet.tap(page.get_by_role("link", name="Get the certificate"))
    assert downloading.value.suggested_filename == "stipple.mobileconfig"
    assert tls_clinic.root.der in _profile(address)
    tablet.tap(page.get_by_role("link", name="Android"))
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Trust this clinic on an Android tablet"
    )
    assert tablet.context.cookies() == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_axe_finds_nothing_on_the_trust_page_and_a_finger_reaches_all_of_it(
    tls_clinic: RunningClinic, new_tablet: NewTablet, language: str
) -> None:
    tablet = new_tablet(tls_clinic, locale=language, bypass_csp=True)
    # The engine asks for the sheets that a sheet imports, and takes no for an answer.
    tablet.expects(r"answer: 404 GET .*\.css")
    page = tablet.page

    for device in DEVICES:
        page.goto(f"http://localhost:{tls_clinic.trust_port}/?on={device}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        for look, wish in LOOKS.items():
            page.emulate_media(**wish)
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{device}, {look}: {found.generate_report()}"
        for size in (LYING, STANDING, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert page.evaluate(SMALL) == [], (device, size)
            assert page.evaluate(TOO_WIDE) <= 0, (device, size)


def _profile(address: str) -> bytes:
    with urlopen(f"{address}/stipple.mobileconfig", timeout=30) as answer:
        (inner,) = plistlib.loads(answer.read())["PayloadContent"]
    content: bytes = inner["PayloadContent"]
    return content
