"""The structure of a document: what its parts are and in which order they are read aloud.

A tag is made where a part is laid out and joins the document when the pen first draws in it, so
the order of drawing is the order of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Mark(NamedTuple):
    """A piece of a page's drawing: the page, from 0, and the piece's number there."""

    page: int
    number: int


class Tag:
    """A part of one document, named as PDF names it: P, H1, H2, Table, TR, TH, TD, Figure.

    `under` is the part that it belongs to; the document itself if None. `alt` says what a picture
    shows, `box` (left, bottom, right, top) where. A head cell says its `scope`, Row or Column; a
    cell the head cells it stands under, and how many columns it spans. `lang` is the language of
    what is within, where that is not the document's.
    """

    __slots__ = (
        *("alt", "box", "headers", "kids", "kind", "lang", "placed", "scope", "span", "under"),
    )

    def __init__(
        self,
        kind: str,
        under: Tag | None = None,
        *,
        alt: str | None = None,
        box: tuple[float, float, float, float] | None = None,
        scope: str | None = None,
        headers: Sequence[Tag] = (),
        span: int = 1,
        lang: str | None = None,
    ) -> None:
        self.kind = kind
        self.under = under
        self.alt = alt
        self.box = box
        self.scope = scope
        self.headers = headers
        self.span = span
        self.lang = lang
        self.kids: list[Tag | Mark] = []
        self.placed = False

    def place(self, document: Tag) -> None:
        """Joins the document, after all that was drawn before; once is enough."""
        if self.placed or self is document:
            return
        above = self.under or document
        above.place(document)
        above.kids.append(self)
        self.placed = True

    def walk(self) -> Iterator[Tag]:
        """This part and all within it, in the order in which they are read."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Tag):
                yield from kid.walk()


# What is seen and not read aloud: rules, frames, what repeats on every page.
ARTIFACT = Tag("Artifact")
