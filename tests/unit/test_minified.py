"""What a browser runs is what was written: the tests of the modules pass on the minified ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from app.assets import minified
from tests.rules.sources import PROJECT, STATIC, scripts

# They read the sources as text.
OF_THE_TEXT = ("words.test.js", "map-words.test.js")


def test_the_modules_pass_their_tests_when_they_are_minified(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "package.json", tmp_path)
    shutil.copytree(STATIC / "bodymaps", tmp_path / "static" / "bodymaps")
    shutil.copytree(PROJECT / "tests" / "js", tmp_path / "tests" / "js")
    shutil.copytree(PROJECT / "app" / "clinical", tmp_path / "app" / "clinical")
    for path in scripts():
        copy = tmp_path / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(minified(path.read_bytes(), "text/javascript"))
    for name in OF_THE_TEXT:
        (tmp_path / "tests" / "js" / name).unlink()
    tests = sorted((tmp_path / "tests" / "js").glob("*.test.js"))

    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    assert len(tests) > 15


@pytest.mark.parametrize(
    "source",
    [
        # Versions 2.24.11 and .12 put what is unpacked before what it is unpacked from.
        "const plan = { a: 1 };\nconst size = 2;\nconst { sum } = ((all) => ({ sum: all.n + 1 }))"
        "({ ...plan, n: size });\nconsole.log(sum === 3);\n",
        "const whole = { part: 1, 'a-b': 2 };\nconst { part } = whole;\n"
        "const rest = whole['a-b'];\nconsole.log(part + rest === 3);\n",
    ],
)
def test_what_is_minified_keeps_the_order_of_its_constants(source: str) -> None:
    script = minified(f"(() => {{\n{source}}})();\n".encode(), "text/javascript").decode()

    done = subprocess.run(["node", "-e", script], capture_output=True, text=True)

    assert done.stdout.strip() == "true", done.stderr
