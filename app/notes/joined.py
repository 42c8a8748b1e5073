"""The tags of documents whose pages became one file: kept, so that it is still read out.

Pages are copied with their numbered pieces; which tag a piece belongs to stands in a tree of the
whole file. The trees are copied after the pages, so that they name the copied ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def is_tagged(document: Any) -> bool:
    """Whether a document says what it is read out as; notes once did not."""
    return "/StructTreeRoot" in document.Root


def opening_mark(source: Any) -> str:
    """What opens one more piece, a paragraph, on the first page of a source."""
    owners = dict(_pairs(source.Root.StructTreeRoot.ParentTree.Nums))
    return f"/P <</MCID {len(owners[int(source.pages[0].obj.StructParents)])}>> BDC"


class Tags:
    """What `made` is read out as: one document, with a part for each source it was made from."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self._parts: list[Any] = []
        self._owners: list[Any] = []  # of each page in turn, the tags that its pieces belong to

    def take(self, source: Any, pages: list[Any], *, opens: bool = False) -> None:
        """The tags of a source, whose pages stand in the made file as `pages`.

        Where it `opens` the file, what `opening_mark` marked on its first page is read out first.
        The pages have kept the numbers that they have there. Fields are left out: paper has none.
        """
        tree = source.Root.StructTreeRoot
        _drop_fields(tree)
        copied = tree if source is self._made else self._made.copy_foreign(tree)
        owners = {int(key): value for key, value in _pairs(copied.ParentTree.Nums)}
        prefix = f"d{len(self._parts)}"
        if opens:
            self._open(copied.K[0], pages[0].obj, owners[int(pages[0].obj.StructParents)])
        for page in pages:
            self._owners.append(owners[int(page.obj.StructParents)])
            page.obj.StructParents = len(self._owners) - 1
        for part in copied.K:
            _rename(part, prefix)
            self._parts.append(part)

    def _open(self, part: Any, page: Any, owned: Any) -> None:
        from pikepdf import Array, Dictionary, Name

        element = Dictionary(Type=Name.StructElem, S=Name.P, P=part, Pg=page, K=Array([len(owned)]))
        element = self._made.make_indirect(element)
        part.K.insert(0, element)
        owned.append(element)

    def lay(self) -> None:
        """Writes the tree into the made file."""
        from pikepdf import Array, Dictionary, Name

        made = self._made
        root = made.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        if len(self._parts) == 1:
            top = self._parts[0]
        else:
            top = made.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document))
            for part in self._parts:
                part.S, part.P = Name.Sect, top
            top.K = Array(self._parts)
        top.P, root.K = root, Array([top])
        numbers = [part for number, owned in enumerate(self._owners) for part in (number, owned)]
        root.ParentTree = Dictionary(Nums=Array(numbers))
        root.ParentTreeNextKey = len(self._owners)
        named = sorted(
            ((str(each.ID), each) for each in _walk(top) if Name.ID in each),
            key=lambda pair: pair[0],
        )
        if named:
            root.IDTree = Dictionary(Names=Array([part for pair in named for part in pair]))
        made.Root.StructTreeRoot = root
        made.Root.MarkInfo = Dictionary(Marked=True)


def _pairs(flat: Any) -> Iterator[tuple[Any, Any]]:
    return zip(list(flat)[::2], list(flat)[1::2], strict=True)


def _kids(element: Any) -> list[Any]:
    """The parts within a part; pieces of a page are none."""
    from pikepdf import Array, Dictionary, Name

    kids = element.get(Name.K)
    if kids is None:
        return []
    listed = list(kids) if isinstance(kids, Array) else [kids]
    return [each for each in listed if isinstance(each, Dictionary) and Name.S in each]


def _walk(element: Any) -> Iterator[Any]:
    yield element
    for kid in _kids(element):
        yield from _walk(kid)


def _drop_fields(tree: Any) -> None:
    from pikepdf import Array

    for element in [each for top in tree.K for each in _walk(top)]:
        if any(map(_is_form, _kids(element))):
            element.K = Array([kid for kid in element.K if not _is_form(kid)])
    tree.ParentTree.Nums = Array(
        [
            part
            for number, owned in _pairs(tree.ParentTree.Nums)
            if isinstance(owned, Array)
            for part in (number, owned)
        ]
    )


def _is_form(kid: Any) -> bool:
    from pikepdf import Dictionary, Name

    return isinstance(kid, Dictionary) and bool(kid.get(Name.S) == Name.Form)


def _rename(element: Any, prefix: str) -> None:
    """Two documents name their head cells alike; joined they may not."""
    from pikepdf import Array, Dictionary, Name, String

    for each in _walk(element):
        if Name.ID in each:
            each.ID = String(f"{prefix}{each.ID}")
        said = each.get(Name.A)
        if isinstance(said, Dictionary) and Name.Headers in said:
            said.Headers = Array([String(f"{prefix}{name}") for name in said.Headers])
