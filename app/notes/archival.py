"""What makes a drawn document last and lets it be read out: PDF/A-3a and PDF/UA-1 around its pages.

ReportLab draws pages; their structure, metadata, colour space, attached files and the empty
signature field are added here. Equal input gives equal bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from app.notes.paper import LANGUAGE, Box
from app.notes.tags import Mark, Tag

# sRGB as Little CMS makes it, its date set to a fixed one; its own words: "No copyright, use
# freely". Notes are grey; what grey means needs a colour space on any screen or press.
COLOURS = Path(__file__).with_name("srgb.icc")


class Attached(NamedTuple):
    """A file within the document; the pages were made from it."""

    name: str
    mime: str
    about: str
    content: bytes


class Field(NamedTuple):
    """The place on the last page that a signature will fill; `said` is what is read out there."""

    name: str
    said: str
    box: Box


def record_file(record: bytes) -> Attached:
    """The canonical record as a note carries it."""
    about = "The record of the session, from which these pages were laid out (canonical JSON)"
    return Attached("record.json", "application/json", about, record)


def finished(
    pdf: bytes,
    structure: Tag,
    *,
    made_by: str,
    at: str,
    attached: Sequence[Attached] = (),
    field: Field | None = None,
) -> bytes:
    """The drawn pages as a whole document, with the structure that the pen built.

    `made_by` is the program with its version, `at` the instant of the document in ISO 8601, UTC
    with a Z.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        _leave_packed(document)
        describe(document, made_by, at)
        widget = _add_field(document, field) if field else None
        _add_structure(document, structure, widget, field)
        _attach(document, attached, at)
        out = io.BytesIO()
        document.save(
            out,
            force_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        return out.getvalue()


def _leave_packed(document: Any) -> None:
    """Names each filter as qpdf does: what ReportLab's list of one unpacks, it would pack anew."""
    from pikepdf import Array, Name, Stream

    for each in document.objects:
        if isinstance(each, Stream) and isinstance(each.get(Name.Filter), Array):
            [each.Filter] = each.Filter


# --- What it is --------------------------------------------------------------------------------


def describe(document: Any, made_by: str, at: str) -> None:
    """Title, dates, language, colours: in the catalogue, and the same again as XMP."""
    from pikepdf import Array, Dictionary, Name, String

    root, info = document.Root, document.docinfo
    title, producer = str(info[Name.Title]), str(info[Name.Producer])
    for key in list(info.keys()):
        if key not in ("/Title", "/Producer"):
            del info[key]
    info.Creator = String(made_by)
    info.CreationDate = info.ModDate = String(_pdf_date(at))
    root.Metadata = document.make_stream(
        _xmp(title=title, producer=producer, made_by=made_by, at=f"{at[:19]}Z"),
        Type=Name.Metadata,
        Subtype=Name.XML,
    )
    # PDF/A wants its metadata readable without unpacking.
    root.Metadata.write(root.Metadata.read_bytes(), filter=None)
    root.Lang = String(LANGUAGE)
    root.MarkInfo = Dictionary(Marked=True)
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    for key in ("/PageMode", "/Outlines"):
        if key in root:
            del root[key]
    for page in document.pages:
        # An empty page transition, which PDF/A does not know.
        if "/Trans" in page.obj:
            del page.obj["/Trans"]
    root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
                Info=String("sRGB IEC61966-2.1"),
                DestOutputProfile=document.make_stream(_colours(), N=3),
            )
        ]
    )


@cache
def _colours() -> bytes:
    return COLOURS.read_bytes()


def _pdf_date(at: str) -> str:
    return "D:" + "".join(c for c in at[:19] if c.isdigit()) + "Z"


def _xmp(**said: str) -> bytes:
    return _XMP.format(**{key: escape(value) for key, value in said.items()}).encode()


# PDF/A knows no property of PDF/UA, so the file itself describes the one that is used.
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{{title}}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{{made_by}}</xmp:CreatorTool>
<xmp:CreateDate>{{at}}</xmp:CreateDate>
<xmp:ModifyDate>{{at}}</xmp:ModifyDate>
<pdf:Producer>{{producer}}</pdf:Producer>
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


# --- The signature's place ---------------------------------------------------------------------


def _add_field(document: Any, field: Field) -> Any:
    """The empty signature field on the last page."""
    from pikepdf import Array, Dictionary, Name, String

    page, box = document.pages[-1], field.box
    # The field looks like a plain frame; the words of the signature are on the page itself.
    look = document.make_stream(
        f"0.8 w 0.4 0.4 {box.width - 0.8:.2f} {box.height - 0.8:.2f} re S".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, round(box.width, 2), round(box.height, 2)]),
        Resources=Dictionary(),
    )
    widget = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(field.name),
            TU=String(field.said),
            F=132,  # printed, locked
            Rect=Array([round(edge, 2) for edge in (box.left, box.bottom, box.right, box.top)]),
            P=page.obj,
            AP=Dictionary(N=look),
        )
    )
    page.obj.Annots = Array([widget])
    document.Root.AcroForm = document.make_indirect(Dictionary(Fields=Array([widget])))
    return widget


# --- Structure ---------------------------------------------------------------------------------


def _add_structure(document: Any, structure: Tag, widget: Any, field: Field | None) -> None:
    """The tree of tags, and for each piece of each page the tag that it belongs to."""
    from pikepdf import Array, Dictionary, Name, String

    pages = [page.obj for page in document.pages]
    tags = list(structure.walk())
    kinds = {kind: Name(f"/{kind}") for kind in {tag.kind for tag in tags}}
    made = {
        id(tag): document.make_indirect(Dictionary(Type=Name.StructElem, S=kinds[tag.kind]))
        for tag in tags
    }
    named = {id(tag): f"h{place}" for place, tag in enumerate(_heads(tags))}
    owners: list[dict[int, Any]] = [{} for _ in pages]
    root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    for tag in tags:
        element = made[id(tag)]
        own = next((kid.page for kid in tag.kids if isinstance(kid, Mark)), None)
        if own is not None:
            element.Pg = pages[own]
        kids = Array()
        for kid in tag.kids:
            if isinstance(kid, Tag):
                made[id(kid)].P = element
                kids.append(made[id(kid)])
                continue
            owners[kid.page][kid.number] = element
            if kid.page == own:
                kids.append(kid.number)
            else:
                kids.append(Dictionary(Type=Name.MCR, Pg=pages[kid.page], MCID=kid.number))
        element.K = kids
        _say(element, tag, named.get(id(tag)))
        if attributes := _attributes(tag, named):
            element.A = attributes
    top = made[id(structure)]
    top.P, root.K = root, Array([top])
    numbers: list[Any] = []
    for place, (page, owned) in enumerate(zip(pages, owners, strict=True)):
        page.StructParents = place
        page.Tabs = Name.S
        numbers.extend([place, Array([owned[number] for number in range(len(owned))])])
    if field is not None:
        widget.StructParent = len(pages)
        form = document.make_indirect(
            Dictionary(
                Type=Name.StructElem,
                S=Name.Form,
                P=top,
                Pg=pages[-1],
                Alt=String(field.said),
                K=Dictionary(Type=Name.OBJR, Obj=widget, Pg=pages[-1]),
            )
        )
        top.K.append(form)
        numbers.extend([len(pages), form])
    root.ParentTree = Dictionary(Nums=Array(numbers))
    root.ParentTreeNextKey = len(numbers) // 2
    if named:
        names = sorted((name, made[key]) for key, name in named.items())
        root.IDTree = Dictionary(Names=Array([part for name, el in names for part in (name, el)]))
    document.Root.StructTreeRoot = root


def _say(element: Any, tag: Tag, name: str | None) -> None:
    """What a part says of itself: what it shows, in which language, and its name for others."""
    from pikepdf import String

    for key, said in (("/Alt", tag.alt), ("/Lang", tag.lang), ("/ID", name)):
        if said is not None:
            element[key] = String(said)


def _heads(tags: Sequence[Tag]) -> list[Tag]:
    """The head cells that some cell says it stands under, each once."""
    return list({id(head): head for tag in tags for head in tag.headers if head.placed}.values())


def _attributes(tag: Tag, named: dict[int, str]) -> Any:
    """What a picture or a cell says of itself besides its content; None if nothing."""
    from pikepdf import Array, Dictionary, Name, String

    if tag.box is not None:
        return Dictionary(
            O=Name.Layout, BBox=Array([round(edge, 2) for edge in tag.box]), Placement=Name.Block
        )
    said: dict[str, Any] = {}
    if tag.scope is not None:
        said["/Scope"] = Name(f"/{tag.scope}")
    if heads := [named[id(head)] for head in tag.headers if id(head) in named]:
        said["/Headers"] = Array([String(head) for head in heads])
    if tag.span > 1:
        said["/ColSpan"] = tag.span
    return Dictionary({"/O": Name.Table, **said}) if said else None


# --- Attached files ----------------------------------------------------------------------------


def _attach(document: Any, attached: Sequence[Attached], at: str) -> None:
    """Each file as an associated file of the whole document, the source of its pages."""
    from pikepdf import Array, Dictionary, Name, String

    if not attached:
        return
    date = String(_pdf_date(at))
    names, files = Array(), Array()
    for file in sorted(attached):
        digest = hashlib.md5(file.content, usedforsecurity=False).digest()  # as PDF prescribes
        stream = document.make_stream(
            file.content,
            Type=Name.EmbeddedFile,
            Subtype=Name(f"/{file.mime}"),
            Params=Dictionary(
                Size=len(file.content), CreationDate=date, ModDate=date, CheckSum=String(digest)
            ),
        )
        held = document.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(file.name),
                UF=String(file.name),
                Desc=String(file.about),
                AFRelationship=Name.Source,
                EF=Dictionary(F=stream, UF=stream),
            )
        )
        names.extend([String(file.name), held])
        files.append(held)
    document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=names))
    document.Root.AF = files
