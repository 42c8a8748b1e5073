"""The published shape of a record, as anybody may hold one against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "schemas" / "stipple-record-1.json"


@cache
def published() -> Draft202012Validator:
    """The schema of `stipple-record/1`, ready to judge."""
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(record: Mapping[str, Any]) -> list[str]:
    """What of the record is not as published: where, and why."""
    return [f"{fault.json_path}: {fault.message}" for fault in published().iter_errors(record)]
