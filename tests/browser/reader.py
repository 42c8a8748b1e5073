"""A screen reader: all it has of a page is the accessibility tree that the browser hands out."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

from tests.browser.tablet import Tablet

PATIENCE_S = 30

Words = str | re.Pattern[str]


class Heard(NamedTuple):
    """One thing of the tree as it is read out, and the handle by which it is acted upon."""

    role: str
    name: str
    value: str
    states: dict[str, Any]
    handle: int


class Reader:
    """Somebody who sees nothing of the page: they find things by role and name, and act by keys."""

    def __init__(self, tablet: Tablet) -> None:
        self.tablet = tablet
        self._glass = tablet.context.new_cdp_session(tablet.page)

    def tree(self) -> list[Heard]:
        """What the browser hands to a screen reader now, in the order of reading."""
        nodes = self._glass.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}
        ordered: list[dict[str, Any]] = []

        def walk(node: dict[str, Any]) -> None:
            ordered.append(node)
            for child in node["childIds"]:
                if child in by_id:
                    walk(by_id[child])

        walk(nodes[0])
        return [_heard(node) for node in ordered if not node["ignored"]]

    def find(self, role: str, name: Words, **states: Any) -> Heard:
        """The one thing of this role, name and state; waits until it is there."""
        until = time.monotonic() + PATIENCE_S
        while True:
            tree = self.tree()
            found = [each for each in tree if _is(each, role, name, states)]
            if len(found) == 1:
                return found[0]
            if time.monotonic() > until:
                there = "\n".join(f"{each.role}: {each.name} {each.states}" for each in tree)
                raise AssertionError(f"{len(found)} times {role} {name!r} {states} in\n{there}")
            self.tablet.page.wait_for_timeout(50)

    def has(self, role: str, name: Words) -> bool:
        """Whether such a thing is read out now."""
        return any(_is(each, role, name, {}) for each in self.tree())

    def arrives_at(self, title: str, heading: Words) -> None:
        """A page says which one it is, has one main heading and one main part."""
        self.find("RootWebArea", f"{title} · Stipple")
        self.find("heading", heading, level=1)
        self.find("main", "")

    def go_to(self, role: str, name: Words) -> Heard:
        """Take the focus there, as a reader does; the tree then says that it is there."""
        found = self.find(role, name)
        assert found.states.get("focusable"), f"{role} {name!r} answers to no key"
        self._glass.send("DOM.focus", {"backendNodeId": found.handle})
        return self.find(role, name, focused=True)

    def press(self, role: str, name: Words, key: str = "Enter") -> None:
        """Go there and press a key."""
        self.go_to(role, name)
        self.tablet.press(key)

    def unanswered(self) -> list[str]:
        """The names of the groups of buttons of which none is said to be pressed."""
        return [
            name
            for name, buttons in self._groups()
            if buttons and all(each.states.get("pressed") == "false" for each in buttons)
        ]

    def answer(self, question: str, said: str) -> None:
        """Press a button of the group that asks this; the page then says that it is pressed."""
        (buttons,) = (buttons for name, buttons in self._groups() if name == question)
        (button,) = (each for each in buttons if each.name == said)
        self._glass.send("DOM.focus", {"backendNodeId": button.handle})
        self.tablet.press("Enter")
        until = time.monotonic() + PATIENCE_S
        while not any(
            name == question and _is(each, "button", said, {"pressed": "true"})
            for name, buttons in self._groups()
            for each in buttons
        ):
            if time.monotonic() > until:
                raise AssertionError(f"{question!r} is not answered {said!r}")
            self.tablet.page.wait_for_timeout(50)

    def _groups(self) -> list[tuple[str, list[Heard]]]:
        """Each group that is read out, with the buttons that say whether they are pressed."""
        found: list[tuple[str, list[Heard]]] = []
        for each in self.tree():
            if each.role == "group":
                found.append((each.name, []))
            elif found and each.role == "button" and "pressed" in each.states:
                found[-1][1].append(each)
        return found

    def write(self, role: str, name: Words, text: str) -> None:
        """Go to a field and type; the tree then holds what was typed."""
        self.go_to(role, name)
        self.tablet.type(text)

    def hears(self, sentence: Words) -> None:
        """A region that speaks by itself says this."""
        until = time.monotonic() + PATIENCE_S
        said: list[str] = []
        while not any(_matches(sentence, each) for each in said):
            if time.monotonic() > until:
                raise AssertionError(f"{sentence!r} was not said, but {said}")
            self.tablet.page.wait_for_timeout(50)
            said = self._speaking()

    def _speaking(self) -> list[str]:
        """What stands in each part that is read out when it changes."""
        nodes = self._glass.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}

        def words(node: dict[str, Any]) -> str:
            if node.get("role", {}).get("value") == "StaticText":
                return str(node["name"]["value"])
            return " ".join(words(by_id[child]) for child in node["childIds"] if child in by_id)

        return [
            " ".join(words(node).split())
            for node in nodes
            if not node["ignored"] and node["role"]["value"] in ("status", "alert")
        ]


def _heard(node: dict[str, Any]) -> Heard:
    states = {each["name"]: each["value"].get("value") for each in node["properties"]}
    return Heard(
        node["role"]["value"],
        " ".join(str(node.get("name", {}).get("value", "")).split()),
        str(node.get("value", {}).get("value", "")),
        states,
        node.get("backendDOMNodeId", 0),
    )


def _is(heard: Heard, role: str, name: Words, states: dict[str, Any]) -> bool:
    return (
        heard.role == role
        and _matches(name, heard.name)
        and all(heard.states.get(state) == wanted for state, wanted in states.items())
    )


def _matches(wanted: Words, said: str) -> bool:
    return said == wanted if isinstance(wanted, str) else bool(wanted.fullmatch(said))
