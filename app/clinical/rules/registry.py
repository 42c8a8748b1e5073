"""Which function answers for which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue
from app.clinical.rules.finding import Finding

__all__ = ["Rule", "registered", "rule"]

Rule = Callable[[Case, Catalogue], Finding | None]

_RULES: dict[str, Rule] = {}


def rule(id: str) -> Callable[[Rule], Rule]:
    """Register the function under it as the rule of this id; a second one raises ValueError."""

    def register(function: Rule) -> Rule:
        if id in _RULES:
            raise ValueError(f"Rule {id} has two functions.")
        _RULES[id] = function
        return function

    return register


def registered() -> Mapping[str, Rule]:
    """Every rule by its id."""
    return MappingProxyType(_RULES)
