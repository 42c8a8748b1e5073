"""What a script takes of another is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.sources import PROJECT, STATIC

SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
WHOLE = re.compile(r"^import \* as (\w+) from \"(\.[^\"]+)\";", re.MULTILINE)
SOME = re.compile(r"^import \{([^}]*)\} from \"(\.[^\"]+)\";", re.MULTILINE)
EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)
TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_whatever_a_script_takes_of_another_is_exported_there(script: Path) -> None:
    text = script.read_text("utf-8")
    taken = {
        (file, name.split(" as ")[0].strip())
        for names, file in SOME.findall(text)
        for name in names.split(",")
        if name.strip()
    }
    code = TEXT.sub("", text)
    for alias, file in WHOLE.findall(text):
        taken |= {(file, name) for name in re.findall(rf"(?<![.\w]){alias}\.(\w+)", code)}

    missing = {
        f"{name} of {file}"
        for file, name in taken
        if name not in EXPORTED.findall((script.parent / file).read_text("utf-8"))
    }

    assert missing == set()
