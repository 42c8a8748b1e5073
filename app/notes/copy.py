"""What is printed: a copy of the stored pages with a line in the margin. The stored bytes stay."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from app.notes.paper import DRAWING, Face, Pen, Run, broken, width_of

SCALE = 0.95
_SIZE, _LEADING = 7.5, 9.5
_SIDE = 36.0
_RULE_HEIGHT = 30.0  # of the dashed line over the lower edge


class Printout(NamedTuple):
    """A signed file that is printed, and what the margin of each of its pages says.

    `amended` ("Amended 25 Nov 2026, see addendum 1") follows the line in bold. `later` are the
    signed files that followed it, in order: they are printed after it and count as its pages.
    """

    stored: bytes
    margin_line: str
    amended: str | None = None
    later: tuple[bytes, ...] = ()


def print_copy(
    stored: bytes,
    *,
    margin_line: str,
    amended: str | None = None,
    later: tuple[bytes, ...] = (),
) -> bytes:
    """One signed file, with what followed it, as it is printed."""
    return print_copies([Printout(stored, margin_line, amended, later)])


def print_copies(printouts: Sequence[Printout]) -> bytes:
    """Signed files one after the other as one file, each page of its own size.

    Each stored page stands at 95 % at the top, its margin line in the space beneath. What the
    signature field shows stays as paint; a copy holds no signature and no field. A printer is
    asked to add no scaling, and no second note on the back of a sheet. Same input, same bytes.
    """
    import pikepdf
    from pikepdf import Dictionary, Name, String

    with pikepdf.new() as made:
        for printout in printouts:
            with ExitStack() as opened:
                first, *rest = [
                    opened.enter_context(pikepdf.open(io.BytesIO(stored)))
                    for stored in (printout.stored, *printout.later)
                ]
                _add_pages(made, [first, *rest], printout)
                if len(printouts) == 1:
                    made.docinfo.Title = String(f"Copy of {_title(first)}")
                if len(printouts) == 1 and Name.CreationDate in first.docinfo:
                    made.docinfo.CreationDate = first.docinfo[Name.CreationDate]
        if len(printouts) != 1:
            made.docinfo.Title = String(f"Copies of {len(printouts)} signed notes")
        made.Root.Lang = String("en-US")
        made.Root.ViewerPreferences = Dictionary(
            DisplayDocTitle=True,
            PrintScaling=Name("/None"),
            PickTrayByPDFSize=True,
            Duplex=Name.Simplex,
        )
        out = io.BytesIO()
        made.save(out, force_version="1.7", deterministic_id=True)
        return out.getvalue()


def _add_pages(made: Any, sources: Sequence[Any], printout: Printout) -> None:
    """The pages of a signed file and of what followed it, each with its margin."""
    import pikepdf
    from pikepdf import Dictionary

    pages = [(source, page) for source in sources for page in source.pages]
    sizes = [_size(page) for _, page in pages]
    margins = _margins(sizes, printout.margin_line, printout.amended)
    with pikepdf.open(io.BytesIO(margins)) as printed:
        for (source, page), margin, (width, height) in zip(
            pages, printed.pages, sizes, strict=True
        ):
            _paint_annotations(source, page)
            copied = made.add_blank_page(page_size=(width, height))
            copied.obj.Resources = Dictionary(
                XObject=Dictionary(
                    Stored=made.copy_foreign(page.as_form_xobject()),
                    Margin=made.copy_foreign(margin.as_form_xobject()),
                )
            )
            left, lift = width * (1 - SCALE) / 2, height * (1 - SCALE)
            stored_place = f"{SCALE} 0 0 {SCALE} {left:.3f} {lift:.3f} cm"
            copied.obj.Contents = made.make_stream(
                f"q {stored_place} /Stored Do Q q /Margin Do Q".encode()
            )


def _size(page: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return right - left, top - bottom


def _title(document: Any) -> str:
    from pikepdf import Name

    title = document.docinfo.get(Name.Title)
    return "a signed note" if title is None else str(title)


def _paint_annotations(document: Any, page: Any) -> None:
    """Draws what the page's fields show into the page itself; a copied page loses its fields."""
    from pikepdf import Array, Dictionary, Name

    for number, annotation in enumerate(page.obj.get(Name.Annots, Array([]))):
        look = annotation.get(Name.AP, Dictionary()).get(Name.N)
        if look is None:
            continue
        left, bottom, *_ = (float(edge) for edge in annotation.Rect)
        name = Name(f"/Field{number}")
        page.add_resource(look, Name.XObject, name)
        page.contents_add(
            document.make_stream(f"q 1 0 0 1 {left:.3f} {bottom:.3f} cm {name} Do Q".encode())
        )


def _margins(sizes: list[tuple[float, float]], margin_line: str, amended: str | None) -> bytes:
    """A page for each, empty but for the margin: dashed rule, the line, and the page's number."""
    out = io.BytesIO()
    with DRAWING:
        pen = Pen(out, sizes[0], title="Margin")
        for number, size in enumerate(sizes, start=1):
            pen.start_page(size)
            _draw_margin(pen, margin_line, amended, f"page {number} of {len(sizes)}")
            pen.end_page()
        pen.finish()
    return out.getvalue()


def _draw_margin(pen: Pen, margin_line: str, amended: str | None, paging: str) -> None:
    width, _ = pen.size
    right = width - _SIDE
    pen.line([(_SIDE, _RULE_HEIGHT), (right, _RULE_HEIGHT)], 0.6, dash=(2.4, 2.4))
    which, dot, rest = margin_line.partition(" · ")
    runs = [Run(which, Face.STRONG), Run(dot + rest)]
    if amended:
        runs += [Run(" · "), Run(amended, Face.STRONG)]
    room = right - _SIDE - width_of(paging, Face.TEXT, _SIZE) - 14
    baseline = _RULE_HEIGHT - 10
    # The line has room for two; a reason longer than that ends with an ellipsis.
    lines = broken(runs, room, _SIZE)
    if len(lines) > 2:
        lines = [lines[0], [*lines[1][:-1], Run(lines[1][-1].text[:-2] + "…", lines[1][-1].face)]]
    for place, line in enumerate(lines):
        pen.runs(_SIDE, baseline - place * _LEADING, line, _SIZE)
    pen.text(right, baseline, paging, _SIZE, align="right")
