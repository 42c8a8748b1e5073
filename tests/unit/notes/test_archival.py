"""The finished file: what archives, screen readers and the programs of others find in it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Name

from app.notes import copy, layout, verification
from app.notes.record import canonical, sha256
from tests import schemas
from tests.unit.notes import printed, records
from tests.unit.notes.conftest import Signing

# What pikepdf's allow-list says of a note. It refuses what it does not know ("a denial may be a
# false alarm"), so each line is a thing that PDF/A-3a allows and the list leaves out:
KNOWN_FINDINGS = {
    # A signature field is an interactive form; ISO 19005-3 6.4.3 allows it.
    ("pikepdf:schema-Catalog", "/AcroForm"),
    # The certifying signature (DocMDP) is named there.
    ("pikepdf:schema-Catalog", "/Perms"),
    # Part 3 exists to allow attached files of any type.
    ("pikepdf:embedded-file", "embedded files are not supported"),
    # The extension schema that describes PDF/UA's one property, and that property.
    ("ISO_19005_3:6.6.2.3.1-1", "pdfaExtension"),
    ("ISO_19005_3:6.6.2.3.1-1", "pdfaSchema"),
    ("ISO_19005_3:6.6.2.3.1-1", "pdfaProperty"),
    ("ISO_19005_3:6.6.2.3.1-1", "pdfuaid:part"),
    # Level A holds all of level B; the list knows only B.
    ("ISO_19005_3:6.6.4-3", "pdfaid:conformance is 'A', expected 'B'"),
}


def unexplained(pdf: bytes, tmp_path: Path) -> list[str]:
    """Findings of the PDF/A allow-list that are not among the known ones."""
    from pikepdf import pdfa

    path = tmp_path / "checked.pdf"
    path.write_bytes(pdf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pdfa.validate_written(path, "3b").findings
    texts = [str(finding) for finding in found]
    return [
        text
        for text in texts
        if not any(rule in text and said in text for rule, said in KNOWN_FINDINGS)
    ]


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_the_allow_list_of_pdf_a_finds_nothing_unexplained(paper: str, tmp_path: Path) -> None:
    assert unexplained(layout.render(records.preempt(paper)), tmp_path) == []


def test_nor_once_it_is_signed(signed: bytes, tmp_path: Path) -> None:
    assert unexplained(signed, tmp_path) == []
    assert signed.startswith(b"%PDF-1.7")
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert Name.Version not in document.Root


def test_the_allow_list_finds_what_would_not_last(unsigned: bytes, tmp_path: Path) -> None:
    """The check can fail: without its colour space, and with a version of its own."""
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        del document.Root.OutputIntents
        document.Root.Version = Name("/2.0")
        out = io.BytesIO()
        document.save(out)

    assert unexplained(out.getvalue(), tmp_path) != []


def test_the_sample_records_are_as_published() -> None:
    assert schemas.faults(records.preempt()) == schemas.faults(sample()) == []
    assert schemas.faults({**records.preempt(), "mood": "good"}) != []


def test_the_record_is_attached_as_the_source_of_the_pages(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(signed)
    subprocess.run(
        ["pdfdetach", "-savefile", "record.json", "-o", str(tmp_path / "record.json"), str(path)],
        check=True,
    )
    attached = (tmp_path / "record.json").read_bytes()

    assert attached == canonical(records.preempt())
    assert json.loads(attached)["totals"]["BOTOX"]["given"] == "155.00"
    with pikepdf.open(path) as document:
        (file,) = document.Root.AF
        assert file.objgen == document.Root.Names.EmbeddedFiles.Names[1].objgen
        assert (str(file.AFRelationship), str(file.UF)) == ("/Source", "record.json")
        assert str(file.EF.F.Subtype) == "/application/json"
        params = file.EF.F.Params
        assert int(params.Size) == len(attached)
        assert bytes(params.CheckSum) == hashlib.md5(attached).digest()
        assert str(params.ModDate) == str(params.CreationDate) == "D:20261123160410Z"
    assert hashlib.sha256(attached).hexdigest() == sha256(records.preempt())


def test_metadata_says_the_same_as_the_catalogue_and_can_be_read_without_unpacking(
    unsigned: bytes,
) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        xmp = document.Root.Metadata.read_raw_bytes().decode()
        info = {key: str(value) for key, value in document.docinfo.items()}

    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert f">{info['/Title']}<" in xmp
    assert f"<pdf:Producer>{info['/Producer']}<" in xmp
    assert f"<xmp:CreatorTool>{info['/Creator']}<" in xmp
    assert "<xmp:CreateDate>2026-11-23T16:04:10Z<" in xmp
    assert info["/CreationDate"] == info["/ModDate"] == "D:20261123160410Z"
    assert "Oduya" not in xmp


def sample() -> dict[str, Any]:
    """A note with everything: a deviation, a stop, what is billed, last time, two findings."""
    sites = records.protocol_sites("PREEMPT-155")
    sites[3].update(units="7.5", volume_ml="0.15")
    sites[8]["moved"] = True
    sites[30]["state"] = "planned"
    record = records.record(sites, incomplete="The patient asked to stop.")
    before = records.preempt()
    record["last_time"] = {
        "date": "2026-08-31",
        "note": "N-2026-00000",
        **{key: before[key] for key in ("totals", "by_muscle")},
    }
    ndc = ["00023392102"]
    record["billing"] = [
        {"code": "64615", "modifier": None, "units": 1, "label": "Chemodenervation", "ndc": []},
        {"code": "J0585", "modifier": None, "units": 153, "label": "BOTOX", "ndc": ndc},
        {"code": "J0585", "modifier": "JW", "units": 47, "label": "BOTOX", "ndc": ndc},
    ]
    record["findings"] = [
        {
            "id": "TIME-02",
            "severity": "warn",
            "text": "80 days since the last treatment.",
            "source": "Label, S1",
            "reason": None,
            "overridden_by": None,
        }
    ]
    record["catalogue"] = "2026.11"
    return record


def test_a_note_is_read_aloud_in_the_order_of_the_page(tmp_path: Path) -> None:
    """The golden file is what `pdfinfo -struct-text` says; look at each line that changes."""
    path = tmp_path / "sample.pdf"
    path.write_bytes(layout.render(sample()))
    read = said_by("pdfinfo", "-struct-text", str(path))

    # Only where the boxes lie may change with the layout.
    read = re.sub(r"(/BBox) \[.*\]", r"\1", read)
    assert read.splitlines() == GOLDEN.read_text("utf-8").splitlines()


GOLDEN = Path(__file__).with_name("read_aloud.txt")


def said_by(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("protocol", ["PREEMPT-155", "PALM-50"])
def test_a_checker_of_pdf_ua_that_is_not_ours_passes_it(protocol: str, tmp_path: Path) -> None:
    assert passes_ua(layout.render(records.record(records.protocol_sites(protocol))), tmp_path)


def passes_ua(pdf: bytes, tmp_path: Path) -> bool:
    """Whether the checker has nothing at all to say of it."""
    path = tmp_path / "told.pdf"
    path.write_bytes(pdf)
    report = tmp_path / "report.json"
    program = [sys.executable, "-m", "outloud.cli", "--fail-on", "warning", "--json", str(report)]
    said_by(*program, str(path))
    (result,) = json.loads(report.read_text("utf-8"))["results"]
    passed = (result["verdict"], result["stats"]["tagged"]) == ("pass", True)
    return passed and result["counts"] == {"error": 0, "warning": 0, "info": 0}


def test_a_note_without_tags_as_notes_once_were_stays_good_and_can_be_copied(
    signing: Signing, unsigned: bytes
) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        for key in ("/StructTreeRoot", "/MarkInfo", "/Metadata", "/AF", "/Names", "/OutputIntents"):
            del document.Root[key]
        out = io.BytesIO()
        document.save(out)
    old = signing.sign(out.getvalue())
    verdict = verification.verify(old, [signing.root.certificate_pem])

    assert (verdict.intact, verdict.trusted) == (True, True)
    assert printed.page_count(copy.print_copy(old, margin_line="Copy 1 · J. Moreau")) == 1


@pytest.mark.parametrize("protocol", ["PREEMPT-155", "PALM-50"])
def test_every_piece_of_every_page_belongs_to_one_tag_or_is_an_artifact(protocol: str) -> None:
    record = records.record(records.protocol_sites(protocol))
    with pikepdf.open(io.BytesIO(layout.render(record))) as document:
        tree = document.Root.StructTreeRoot.ParentTree.Nums
        owners = {int(tree[i]): tree[i + 1] for i in range(0, len(tree), 2)}
        for page in document.pages:
            owned = owners[int(page.obj.StructParents)]
            assert marks_of(page) == list(range(len(owned)))
            for number, owner in enumerate(owned):
                assert str(owner.Type) == "/StructElem"
                pieces = [
                    int(kid) if not isinstance(kid, pikepdf.Dictionary) else int(kid.MCID)
                    for kid in owner.K
                ]
                assert number in pieces


def marks_of(page: pikepdf.Page) -> list[int]:
    """The numbers of a page's marked content; anything painted outside of it is an error."""
    numbers: list[int] = []
    depth = 0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "BDC":
            numbers.append(int(instruction.operands[1].MCID))
        depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
        assert depth in (0, 1)
        if operator in ("Tj", "TJ", *printed.PAINTS):
            assert depth == 1, "something is painted that is neither content nor artifact"
    return numbers


def test_a_cell_names_the_heads_of_its_column_and_of_its_row(unsigned: bytes) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        names = document.Root.StructTreeRoot.IDTree.Names
        heads = {str(names[i]): names[i + 1] for i in range(0, len(names), 2)}
        table = next(each for each in elements(document) if str(each.S) == "/Table")
        rows = list(table.K)
        assert [str(cell.S) for cell in rows[0].K] == ["/TH"] * 5
        assert all(cell.A.Scope == Name.Column for cell in rows[0].K)
        assert len(rows) == 1 + 31 + 1
        for row in rows[1:]:
            first, *cells = row.K
            assert (first.S, first.A.Scope) == (Name.TH, Name.Row)
            for cell in cells:
                column, of_row = (heads[str(name)] for name in cell.A.Headers)
                assert (column.A.Scope, of_row.objgen) == (Name.Column, first.objgen)
        spans = [int(cell.get(Name.A, {}).get(Name.ColSpan, 1)) for cell in rows[-1].K]
        assert sum(spans) == 5


def elements(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Every structure element, in reading order."""
    found: list[pikepdf.Object] = []

    def walk(element: pikepdf.Object) -> None:
        found.append(element)
        for kid in element.get(Name.K, []) if isinstance(element.K, pikepdf.Array) else []:
            if isinstance(kid, pikepdf.Dictionary) and kid.get(Name.Type) == Name.StructElem:
                walk(kid)

    for top in document.Root.StructTreeRoot.K:
        walk(top)
    return found


def test_every_map_reads_its_sites_out(unsigned: bytes) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        figures = [each for each in elements(document) if str(each.S) == "/Figure"]
        maps = [str(figure.Alt) for figure in figures[:-1]]
        boxes = [[float(edge) for edge in figure.A.BBox] for figure in figures]

    assert maps[0].startswith("Front. 1, right corrugator, 5\u00a0U given; 2, left corrugator,")
    assert "3, midline procerus, 5\u00a0U given" in maps[0]
    read = [int(n) for alt in maps for n in re.findall(r"(\d+), (?:right|left|midline) ", alt)]
    assert sorted(read) == list(range(1, 32))
    assert all(left < right and bottom < top for left, bottom, right, top in boxes)


def test_the_place_of_the_signature_is_read_out_too(unsigned: bytes) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as document:
        (widget,) = document.pages[0].Annots
        form = elements(document)[-1]
        tree = document.Root.StructTreeRoot.ParentTree.Nums
        assert str(form.S) == "/Form"
        assert form.K.Obj.objgen == widget.objgen
        assert tree[-1].objgen == form.objgen
        assert int(tree[-2]) == int(widget.StructParent)
        assert str(form.Alt) == str(widget.TU) == "Signature of the provider"
        assert document.pages[0].Tabs == Name.S
        assert bool(document.Root.MarkInfo.Marked)
