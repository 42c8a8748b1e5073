"""The published shape of a record, as anybody may hold one against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "schemas"


@cache
def published(schema: str = "stipple-record/1") -> Draft202012Validator:
    """The schema of this name, ready to judge."""
    file = PUBLISHED / f"{schema.replace('/', '-')}.json"
    read = json.loads(file.read_text("utf-8"))
    Draft202012Validator.check_schema(read)
    return Draft202012Validator(read)


def faults(record: Mapping[str, Any]) -> list[str]:
    """What of the record is not as published: where, and why."""
    judge = published(str(record["schema"]))
    return [f"{fault.json_path}: {fault.message}" for fault in judge.iter_errors(record)]
