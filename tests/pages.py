"""What every page must be, checked on each page that any test fetches."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
# Inside a drawing there are no pages' rules, and elements may close themselves.
DATA_SCRIPTS = frozenset({"application/json", "importmap"})
LABELLED = frozenset({"input", "select", "textarea"})
NO_LABEL = frozenset({"hidden", "submit", "button", "image", "reset"})
MISPLACED_SOURCES = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:")


def faults(html: str, policy: str | None) -> list[str]:
    """What is wrong with a page, or with a piece of one, and with its Content-Security-Policy."""
    page = _Page()
    page.feed(html)
    page.close()
    found = page.faults + page.unfinished()
    if page.is_whole:
        found += page.whole_faults(html)
    if policy is None:
        found.append("no Content-Security-Policy")
    else:
        found += [
            f"the policy allows {word}" for word in policy.split() if word in MISPLACED_SOURCES
        ]
    return found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.is_whole = False
        self.title = ""
        self.language: str | None = None
        self._open: list[str] = []
        self._ids: Counter[str] = Counter()
        self._references: list[tuple[str, str, str]] = []
        self._label_depth = 0
        self._labels_for: set[str] = set()
        self._fields: list[tuple[str, str | None]] = []
        self._headings = 0
        self._buttons: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        values = {name: value or "" for name, value in attrs}
        where = (
            f"<{tag} {' '.join(f'{n}={v!r}' for n, v in values.items() if n in ('id', 'class'))}>"
        )
        self.faults += [f"{where} repeats {n}" for n, times in Counter(names).items() if times > 1]
        self.faults += [f"{where} handles an event inline" for n in names if n.startswith("on")]
        if "style" in values:
            self.faults.append(f"{where} has an inline style")
        if tag == "style":
            self.faults.append("a <style> element")
        if tag == "script" and "src" not in values and values.get("type") not in DATA_SCRIPTS:
            self.faults.append("an inline script")
        if values.get("href", "").lower().startswith("javascript:"):
            self.faults.append(f"{where} runs a script when it is followed")
        if tag == "html":
            self.is_whole, self.language = True, values.get("lang")
        if tag == "h1":
            self._headings += 1
        self._take_names(tag, values, where)
        if tag == "img" and "alt" not in values:
            self.faults.append(f"{where} has no alt")
        if tag == "form" and values.get("method", "get").lower() == "dialog":
            self._form_of_a_dialog = True
        if tag not in VOID:
            self._open.append(tag)
        if tag == "label":
            self._label_depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            if "svg" not in self._open:
                self.faults.append(f"<{tag}/> closes itself")
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._label_depth -= 1
        if not self._open or self._open[-1] != tag:
            inside = self._open[-1] if self._open else "nothing"
            self.faults.append(f"</{tag}> where {inside} is open")
            if tag in self._open:
                while self._open.pop() != tag:
                    pass
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data

    def _take_names(self, tag: str, values: dict[str, str], where: str) -> None:
        if "id" in values:
            self._ids[values["id"]] += 1
            if not values["id"] or re.search(r"\s", values["id"]):
                self.faults.append(f"{where} has an id that is none")
        for attribute in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list"):
            for target in values.get(attribute, "").split():
                self._references.append((where, attribute, target))
        if tag == "label" and "for" in values:
            self._labels_for.add(values["for"])
        if tag in LABELLED and values.get("type", "text") not in NO_LABEL:
            named = self._label_depth or values.get("aria-label") or "aria-labelledby" in values
            if not named:
                self._fields.append((where, values.get("id")))

    def unfinished(self) -> list[str]:
        """What only the end shows."""
        found = [f"<{tag}> is never closed" for tag in self._open]
        found += [f"{n} elements have the id {name!r}" for name, n in self._ids.items() if n > 1]
        found += [
            f"{where} has no label" for where, name in self._fields if name not in self._labels_for
        ]
        if self.is_whole:
            found += [
                f"{where} points with {attribute} at {target!r}, which is not there"
                for where, attribute, target in self._references
                if target not in self._ids
            ]
        return found

    def whole_faults(self, html: str) -> list[str]:
        """What a whole page needs beside sound parts."""
        found = []
        if not html.lstrip().lower().startswith("<!doctype html>"):
            found.append("no doctype")
        if not self.title.strip():
            found.append("no title")
        if self._headings != 1:
            found.append(f"{self._headings} h1")
        if not self.language:
            found.append("no language")
        return found
