"""What is printed: a copy of the stored pages with a line in the margin. The stored bytes stay."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.notes import archival
from app.notes.joined import Tags, is_tagged, opening_mark
from app.notes.paper import DRAWING, Box, Face, Pen, Run, broken, width_of

SCALE = 0.95
_SIZE, _LEADING = 7.5, 9.5
_SIDE = 36.0
_RULE_HEIGHT = 30.0  # of the dashed line over the lower edge

# What `amended` begins with where the note is of the wrong patient.
VOID = "VOID"


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
    """One signed file, with what followed it, as it is printed.

    It is read out as the stored files are, after the margin of the first page.
    """
    import pikepdf
    from pikepdf import Name

    printout = Printout(stored, margin_line, amended, later)
    with ExitStack() as opened:
        sources = [opened.enter_context(pikepdf.open(io.BytesIO(pdf))) for pdf in (stored, *later)]
        made = opened.enter_context(pikepdf.new())
        if not all(map(is_tagged, sources)):
            return print_copies([printout])
        tags, counts = Tags(made), [len(source.pages) for source in sources]
        margins: list[Margin] = []
        for source in sources:
            start = len(made.pages)
            for page in source.pages:
                size = _size(page)
                opens = opening_mark(source) if not margins else "/Artifact BMC"
                _add_page(made, page, size, margin_is=opens, keeps_tags=True)
                paging = f"page {len(made.pages)} of {sum(counts)}"
                margins.append(Margin(size, margin_line, amended, paging))
            tags.take(source, list(made.pages)[start:], opens=start == 0)
        _add_margins(made, margins)
        tags.lay()
        said = sources[0].docinfo
        made.docinfo.Title = f"Copy of {_title(sources[0])}{f', {amended}' if amended else ''}"
        made.docinfo.Producer = said[Name.Producer]
        archival.describe(made, str(said[Name.Creator]), _instant(str(said[Name.CreationDate])))
        return _saved(made, is_one=True)


def _instant(pdf_date: str) -> str:
    """The date that a document gives, `D:20261123160410Z`, in ISO 8601."""
    at = datetime.strptime(pdf_date, "D:%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def print_copies(printouts: Sequence[Printout]) -> bytes:
    """Signed files one after the other as one file, each page of its own size.

    Each stored page stands at 95 % at the top, its margin line in the space beneath. What the
    signature field shows stays as paint; a copy holds no signature and no field. A printer is
    asked to add no scaling, and no second note on the back of a sheet. Same input, same bytes.
    """
    import pikepdf
    from pikepdf import Name, String

    margins: list[Margin] = []
    with pikepdf.new() as made:
        for printout in printouts:
            with ExitStack() as opened:
                first, *rest = [
                    opened.enter_context(pikepdf.open(io.BytesIO(stored)))
                    for stored in (printout.stored, *printout.later)
                ]
                pages = [page for source in (first, *rest) for page in source.pages]
                for number, page in enumerate(pages, start=1):
                    size = _size(page)
                    _add_page(made, page, size)
                    paging = f"page {number} of {len(pages)}"
                    margins.append(Margin(size, printout.margin_line, printout.amended, paging))
                if len(printouts) == 1:
                    made.docinfo.Title = String(f"Copy of {_title(first)}")
                if len(printouts) == 1 and Name.CreationDate in first.docinfo:
                    made.docinfo.CreationDate = first.docinfo[Name.CreationDate]
        _add_margins(made, margins)
        if len(printouts) != 1:
            made.docinfo.Title = String(f"Copies of {len(printouts)} signed notes")
        made.Root.Lang = String("en-US")
        return _saved(made, is_one=len(printouts) == 1)


def _saved(made: Any, *, is_one: bool) -> bytes:
    """The file. Equal prints of one document are equal bytes; for hundreds that costs an eighth."""
    from pikepdf import Dictionary, Name

    made.Root.ViewerPreferences = Dictionary(
        DisplayDocTitle=True,
        PrintScaling=Name("/None"),
        PickTrayByPDFSize=True,
        Duplex=Name.Simplex,
    )
    out = io.BytesIO()
    made.save(out, force_version="1.7", deterministic_id=is_one)
    return out.getvalue()


class Margin(NamedTuple):
    """The margin of one printed page: the page's size in points, and what it says."""

    size: tuple[float, float]
    line: str
    amended: str | None
    paging: str


def _add_page(
    made: Any,
    page: Any,
    size: tuple[float, float],
    *,
    margin_is: str = "/Artifact BMC",
    keeps_tags: bool = False,
) -> None:
    """A stored page, drawn smaller at the top of its sheet, without its fields."""
    from pikepdf import Array

    width, height = size
    left, lift = width * (1 - SCALE) / 2, height * (1 - SCALE)
    place = f"q {SCALE} 0 0 {SCALE} {left:.3f} {lift:.3f} cm q"
    painted = f"Q /Artifact BMC {_painted_annotations(page)} EMC Q {margin_is} /Margin Do EMC"
    # What leads from a page into the rest of its file would bring that file along.
    for name in ("/Annots", *(() if keeps_tags else ("/StructParents", "/Tabs"))):
        if name in page.obj:
            del page.obj[name]
    made.pages.append(page)
    # Made here: a new object in a file that was read has all of that file looked through first.
    copied = made.pages[-1].obj
    contents = copied.Contents
    parts = list(contents) if isinstance(contents, Array) else [contents]
    copied.Contents = Array(
        [made.make_stream(place.encode()), *parts, made.make_stream(painted.encode())]
    )


def _add_margins(made: Any, margins: Sequence[Margin]) -> None:
    """Each page's margin. All are drawn as one document, so that they share their fonts."""
    import pikepdf
    from pikepdf import Array, Name

    with pikepdf.open(io.BytesIO(_drawn(margins))) as printed:
        fonts = printed.make_indirect(printed.pages[0].obj.Resources)
        shared = made.copy_foreign(fonts)
        for page, drawn, margin in zip(made.pages, printed.pages, margins, strict=True):
            form = made.make_stream(
                drawn.obj.Contents.read_raw_bytes(),
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array([0, 0, *margin.size]),
                Resources=shared,
                Filter=Name.FlateDecode,
            )
            _give(page, "/Margin", form)


def _size(page: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return right - left, top - bottom


def _title(document: Any) -> str:
    from pikepdf import Name

    title = document.docinfo.get(Name.Title)
    return "a signed note" if title is None else str(title)


def _give(page: Any, name: str, form: Any) -> None:
    """Lets the page draw the form by this name; what pages may share of theirs is left alone."""
    from pikepdf import Dictionary, Name

    resources = Dictionary(dict(page.obj.get(Name.Resources, Dictionary()).items()))
    forms = Dictionary(dict(resources.get(Name.XObject, Dictionary()).items()))
    forms[name] = form
    resources.XObject = forms
    page.obj.Resources = resources


def _painted_annotations(page: Any) -> str:
    """What draws the looks of the page's fields into the page; a copied page loses its fields."""
    from pikepdf import Array, Dictionary, Name

    painted = []
    for number, annotation in enumerate(page.obj.get(Name.Annots, Array([]))):
        look = annotation.get(Name.AP, Dictionary()).get(Name.N)
        if look is None:
            continue
        left, bottom, *_ = (float(edge) for edge in annotation.Rect)
        name = f"/Field{number}"
        _give(page, name, look)
        painted.append(f"q 1 0 0 1 {left:.3f} {bottom:.3f} cm {name} Do Q")
    return " ".join(painted)


def _drawn(margins: Sequence[Margin]) -> bytes:
    """A page for each, empty but for the margin: dashed rule, the line, and the page's number."""
    out = io.BytesIO()
    with DRAWING:
        size = margins[0].size if margins else (1, 1)
        pen = Pen(out, size, title="Margin", marks=False)
        for margin in margins:
            pen.start_page(margin.size)
            _draw_margin(pen, margin.line, margin.amended, margin.paging)
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
    baseline, left = _RULE_HEIGHT - 10, _SIDE
    if (amended or "").startswith(VOID):
        # Nobody who leafs through paper takes the page for one that counts.
        wide = width_of(VOID, Face.STRONG, _SIZE) + 8
        pen.box(Box(left, baseline - 3, wide, _SIZE + 3.6), fill=0.0, radius=1.5)
        pen.text(left + 4, baseline, VOID, _SIZE, Face.STRONG, white=True)
        left += wide + 6
    room = right - left - width_of(paging, Face.TEXT, _SIZE) - 14
    # The line has room for two; a reason longer than that ends with an ellipsis.
    lines = broken(runs, room, _SIZE)
    if len(lines) > 2:
        lines = [lines[0], [*lines[1][:-1], Run(lines[1][-1].text[:-2] + "…", lines[1][-1].face)]]
    for place, line in enumerate(lines):
        pen.runs(left, baseline - place * _LEADING, line, _SIZE, goes_on=True)
    pen.text(right, baseline, paging, _SIZE, align="right")
