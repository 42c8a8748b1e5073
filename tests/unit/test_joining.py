"""Modules joined into one file: each runs once, and what is not understood is refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.assets import SCRIPTS, STATIC
from app.joining import Joined, Unjoinable, join

Write = Callable[..., Path]

SHARED = "export const heard = [];\nexport const count = () => heard.push('counted');\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes modules into one folder; answers the last."""

    def files(**sources: str) -> Path:
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source, "utf-8")
        return tmp_path / f"{list(sources)[-1]}.js"

    return files


def run(joined: Joined, folder: Path) -> list[str]:
    """What the joined file logs, each version where a browser would fetch it."""
    out = folder / "out"
    out.mkdir()
    (out / "package.json").write_text('{"type": "module"}', "utf-8")
    (out / "page.js").write_text(joined.first, "utf-8")
    (out / "page-later.js").write_text(joined.later, "utf-8")
    # As a page names it, so that what comes later finds the very same module.
    start = f'await import("./page.js?v={joined.version}");'
    (out / "start.js").write_text(start, "utf-8")
    done = subprocess.run(
        ["node", out / "start.js"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def test_a_module_that_several_import_runs_once_and_before_them(
    write: Write, tmp_path: Path
) -> None:
    write(
        shared='console.log("shared");\nexport const shared = 1;\nexport class Box {}\n',
        one='import { shared as alias, Box } from "./shared.js";\n'
        "export async function one() {\n  return alias + (new Box() ? 1 : 0);\n}\n"
        'console.log("one");\n',
        two='import * as all from "./shared.js";\nimport { one } from "./one.js";\n'
        'console.log("two", all.shared, await one());\n',
        three='import { shared } from "./shared.js";\nconsole.log("three", shared);\n',
    )

    joined = join([tmp_path / "two.js", tmp_path / "three.js"], name="page")

    # An entry that waits for something keeps no other from running, as with scripts of their own.
    assert run(joined, tmp_path) == ["shared", "one", "three", "1", "two", "1", "2"]
    assert joined.later == ""


def test_what_comes_later_shares_the_modules_that_are_there(write: Write, tmp_path: Path) -> None:
    entry = write(
        shared=SHARED,
        deep='import { count } from "./shared.js";\nexport const deep = () => count();\n'
        'console.log("deep");\n',
        late='import { heard } from "./shared.js";\nimport { deep } from "./deep.js";\n'
        "export const late = () => {\n  deep();\n  return heard.length;\n};\n",
        page='import { count, heard } from "./shared.js";\ncount();\nconsole.log("page");\n'
        'const { late } = await import("./late.js");\nconsole.log(late(), heard.length);\n'
        'const { heard: same } = await import("./shared.js");\nconsole.log(same === heard);\n',
    )

    joined = join([entry], name="page")

    assert run(joined, tmp_path) == ["page", "deep", "2", "2", "true"]
    assert "counted" in joined.first
    assert "counted" not in joined.later
    assert f"./page-later.js?v={joined.version}" in joined.first
    assert f"./page.js?v={joined.version}" in joined.later


def test_the_version_follows_what_is_written_in_either_part(write: Write) -> None:
    def version(late: str, page: str) -> str:
        entry = write(late=late, page=f'{page}\nawait import("./late.js");\n')
        return join([entry], name="page").version

    first = version("export const a = 1;\n", "// nothing")

    assert version("export const a = 1;\n", "// a comment changes nothing") == first
    assert version("export const a = 2;\n", "// nothing") != first
    assert version("export const a = 1;\n", "let b;") != first


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('import other from "./other.js";\n', "does not understand `import other from"),
        ('import "./other.js";\n', 'does not understand `import "./other.js";`'),
        ('import { it } from "library";\n', "does not understand `import { it }"),
        ("export default 1;\n", "does not understand `export default 1;`"),
        ("export let it = 1;\n", "does not understand `export let it = 1;`"),
        ('export { it } from "./other.js";\n', "does not understand `export { it }"),
        ("const part = await import(name);\n", "does not understand `import(name);`"),
        ("console.log(import.meta.url);\n", "does not understand `import.meta.url);`"),
        ('import { it } from "./nowhere.js";\n', "imports ./nowhere.js, which is not there"),
        ('import { that } from "./other.js";\n', "other.js exports no that"),
        ('await import("./silent.js");\n', "imports silent.js, which exports nothing"),
        ("const text = `two\nlines`;\n", "page.js:1: a template literal goes over several lines"),
        (
            'import { it } from "./other.js";\nexport const twice = "./other.js";\n'
            'const { it: that } = await import("./same.js");\n',
            "other.js and same.js both export it",
        ),
        ('import { page } from "./circle.js";\nexport const it = 1;\n', "imports itself by way of"),
    ],
)
def test_what_joining_does_not_understand_it_refuses(write: Write, source: str, why: str) -> None:
    entry = write(
        other="export const it = 1;\n",
        same="export const it = 2;\n",
        silent="console.log(1);\n",
        circle='import { it } from "./page.js";\nexport const page = it;\n',
        page=source,
    )

    with pytest.raises(Unjoinable, match=re.escape(why)):
        join([entry], name="page")


def test_what_stands_in_a_comment_is_no_import(write: Write) -> None:
    entry = write(
        page="// export default nothing\n/**\n * @param {import('./types.js').Site} site\n"
        ' * @param {import("./types.js").Site} other\n */\n'
        'const it = "// kept";\nconsole.log(it);\n'
    )

    assert "// kept" in join([entry], name="page").first


def test_every_script_of_ours_can_be_joined() -> None:
    alone = [path.stem for path in (STATIC / "js").glob("*.js")]

    for name in {*alone, *SCRIPTS}:
        entries = SCRIPTS.get(name, (f"{name}.js",))
        assert join([STATIC / "js" / entry for entry in entries], name=name).first
