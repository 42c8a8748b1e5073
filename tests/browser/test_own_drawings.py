"""A drawing of the clinic's own: uploaded, drawn on by touch, released, charted on, signed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from app import own_catalogue
from app.clinical.anatomy import Side
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_preempt import sign
from tests.browser.test_sweating import downloaded

# A back of the head as a clinic may draw it, with what has no place on a chart.
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 240">
<style>.line{fill:none;stroke:#222;stroke-width:2}.skin{fill:#f3d9c6}</style>
<path class="skin" d="M100 20C150 20 170 60 168 105C166 150 150 175 140 190L142 235H58L60 190
C50 175 34 150 32 105C30 60 50 20 100 20Z"/>
<path class="line" d="M100 20C150 20 170 60 168 105C166 150 150 175 140 190L142 235"/>
<path class="line" d="M100 20C50 20 30 60 32 105C34 150 50 175 60 190L58 235"/>
<path class="line" style="stroke-width:1" d="M70 150q30 14 60 0M100 165V230"/>
<text x="10" y="20">Practice logo</text><script>alert(1)</script>
</svg>"""
# In the units of the drawing above, which the page doubles nearly: 240 become 400.
BODY = ((40, 30), (160, 30), (168, 110), (142, 180), (142, 234), (58, 234), (58, 180), (32, 110))
RIGHT_OF_HEAD = ((105, 60), (155, 60), (155, 120), (105, 120))
LEFT_OF_HEAD = ((45, 60), (95, 60), (95, 120), (45, 120))


class DrawingPage:
    """The page of a drawing at work, under somebody's finger."""

    def __init__(self, tablet: Tablet) -> None:
        self.tablet, self.page = tablet, tablet.page
        expect(self.page.locator("#plan-form[data-ready]")).to_be_attached()
        self.said = self.page.locator("[data-part=said]")

    def tool(self, key: str) -> None:
        """Take a tool in hand."""
        self.tablet.tap(f"[data-action=tool][data-key={key}]")
        expect(self.page.locator(f"[data-key={key}]")).to_have_attribute("aria-pressed", "true")

    def touch(self, x: float, y: float) -> None:
        """Touch a place of the drawing, in the units of the uploaded file."""
        canvas = self.page.locator("#drawing-canvas")
        canvas.scroll_into_view_if_needed()
        matrix = canvas.evaluate(
            "node => { const m = node.getScreenCTM(); return [m.a, m.d, m.e, m.f] }"
        )
        a, d, e, f = matrix
        scale = 400 / 240
        self.tablet.tap_at((e + a * x * scale, f + d * y * scale))

    def draw(self, key: str, points: tuple[tuple[int, int], ...]) -> None:
        """Draw a closed shape, point by point, ending on the first."""
        self.tool(key)
        for number, point in enumerate(points, start=1):
            self.touch(*point)
            expect(self.said).to_contain_text(re.compile(rf"^{number} point"))
        self.touch(*points[0])
        expect(self.said).to_contain_text("closed")

    def region(self, number: int, name: str, muscle: str) -> None:
        """Name the region drawn last, and say what a tap in it means."""
        self.tablet.write(self.page.locator(f"#region-{number}-label"), name)
        card = self.page.locator(f"[data-part=regions] [data-region='{number}']")
        self.tablet.pick(self.page.locator(f"#region-{number}-muscle"), muscle)
        self.tablet.tap(card.locator("[data-action=with]"))
        expect(card.locator(".offered")).to_contain_text(muscle)


def test_a_drawing_is_uploaded_drawn_on_released_charted_and_printed(
    own_clinic: RunningClinic, new_tablet: NewTablet, tmp_path: Path
) -> None:
    file = tmp_path / "head.svg"
    file.write_text(HEAD, "utf-8")
    tablet = new_tablet(own_clinic)
    tablet.sign_in("eve")
    tablet.go("/admin/maps")
    tablet.page.locator("#svg").set_input_files(file)
    drawing = DrawingPage(tablet)
    expect(tablet.page.locator(".flash")).to_contain_text("1 × script, 1 × text")

    tablet.write(tablet.page.locator("#map-title"), "Nape, close")
    tablet.write(tablet.page.locator("#map-tab"), "Nape")
    tablet.tap(tablet.page.locator(".pill", has_text="from behind"))
    drawing.tool("line")
    drawing.touch(32, 105)
    drawing.touch(168, 105)
    tablet.write(tablet.page.locator("#map-mm"), "150")
    drawing.draw("outline", BODY)
    drawing.draw("regions", RIGHT_OF_HEAD)
    drawing.region(0, "Occiput", "Semispinalis capitis")
    drawing.draw("regions", LEFT_OF_HEAD)
    drawing.region(1, "Occiput", "Semispinalis capitis")
    drawing.tool("try")
    drawing.touch(130, 90)
    expect(drawing.said).to_have_text("Semispinalis capitis, right")
    drawing.touch(70, 90)
    expect(drawing.said).to_have_text("Semispinalis capitis, left")
    drawing.touch(10, 200)
    expect(drawing.said).to_contain_text("Outside the body")
    tablet.tap(tablet.page.locator(".tick", has_text="Cervical dystonia"))
    tablet.tap(tablet.page.get_by_role("button", name="Release"))
    expect(tablet.page.locator("[data-map=own_nape_close]")).to_contain_text("own_nape_close@1")
    tablet.sign_out()

    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, own_clinic.new_patient(), "cervical_dystonia")
    chart.type_vial(lot="SAMPLE-5", month="08", year="2029")
    chart.mix_now()
    with own_clinic.records():
        chart.known = own_catalogue.known()
    chart.view("own_nape_close")
    scale = 400 / 240
    chart.tap_skin("own_nape_close@1", 130 * scale, 90 * scale)
    chart.tap_skin("own_nape_close@1", 70 * scale, 90 * scale)
    chart.wait_until_saved()
    stored = own_clinic.stored(chart.treatment)["sites"]
    assert [(site["map"], site["muscle"]) for site in stored] == [
        ("own_nape_close@1", "semispinalis_capitis"),
        ("own_nape_close@1", "semispinalis_capitis"),
    ]
    chart.open_every_group()
    assert [row.side for row in chart.rows()] == [Side.RIGHT, Side.LEFT]
    chart.review()
    sign(tablet)

    printed = downloaded(tablet, tmp_path)
    assert "Nape, close" in printed
    assert "Semispinalis capitis" in printed
