"""The one door: `python wsgi.py run` starts Stipple, and servers import `create_app` from here.

Until its own environment stands in `.venv` this file has nothing but the standard library, so a
machine with Python alone can run it. Each target of the Makefile is one call of it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

PROJECT = Path(__file__).resolve().parent
ENVIRONMENT = PROJECT / ".venv"
OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")

# Which locks a target needs installed; the others run Stipple and need only the first.
LOCKS = {
    "run": ("requirements.txt",),
    "demo": ("requirements.txt",),
    "test": ("requirements.txt", "requirements-dev.txt"),
    "long": ("requirements.txt", "requirements-dev.txt"),
    "check": ("requirements.txt", "requirements-dev.txt"),
    "bench": ("requirements.txt", "requirements-dev.txt"),
}


def create_app() -> Flask:
    """The application, for `flask --app wsgi` and for servers. Importing this module is cheap."""
    from app import create_app as create

    return create()


def main(arguments: list[str]) -> int:
    """Run one target inside the environment, making the environment first. Answers an exit code."""
    target = arguments[0] if arguments else "help"
    if target == "help":
        return show_help()
    if len(arguments) > 1 or target not in LOCKS:
        print(f"Stipple knows no target {' '.join(arguments)}: `python wsgi.py help` lists them.")
        return 2
    if sys.version_info < OLDEST_PYTHON:
        return run_with_a_newer_python(arguments)
    if not inside_environment():
        make_environment()
        return run_in(environment_python(), arguments)
    for lock in LOCKS[target]:
        install(PROJECT / lock)
    os.chdir(PROJECT)
    if target == "run":
        from app.serving import run

        return run()
    if target == "demo":
        from app.serving import demo

        return demo()
    from tests.stages import run_stages

    return run_stages(target)


def show_help() -> int:
    """Print every target of the Makefile with its `##` comment."""
    for line in (PROJECT / "Makefile").read_text("utf-8").splitlines():
        target, found, meaning = line.partition(":  ## ")
        if found:
            print(f"make {target:<8} {meaning}")
    return 0


def run_with_a_newer_python(arguments: list[str]) -> int:
    """Hand over to a Python new enough that is on the PATH, or say what to install."""
    for name in NEWER_PYTHONS:
        python = shutil.which(name)
        if python:
            return run_in(Path(python), arguments)
    sys.exit(
        "Stipple needs Python 3.11 or newer and this is {}.{}: install one (Debian or Ubuntu: "
        "`apt install python3 python3-venv`, macOS: `brew install python`, or python.org) "
        "and run this again.".format(*sys.version_info)
    )


def inside_environment() -> bool:
    """Whether this very Python is the one of `.venv`."""
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def environment_python() -> Path:
    """The Python of `.venv`, whether or not it is there yet."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment() -> None:
    """Make `.venv` unless one that works is there; without venv or pip, say what to install."""
    if works(environment_python()):
        return
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        sys.exit(
            "Stipple needs Python's venv and pip: install them (Debian or Ubuntu: "
            "`apt install python3-venv`, Fedora: `dnf install python3-pip`) and run this again."
        )
    import venv

    print(f"Making an environment of Python {sys.version.split()[0]} in .venv …", flush=True)
    venv.create(ENVIRONMENT, clear=True, with_pip=True)


def works(python: Path) -> bool:
    """Whether this Python starts, is new enough and has pip; a half-made environment has none."""
    if not python.exists():
        return False
    probe = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0


def install(lock: Path) -> None:
    """Install exactly what the lock names, by its hashes, unless that was done before."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    installed = ENVIRONMENT / f"{lock.name}.sha256"
    if installed.exists() and installed.read_text("utf-8") == digest:
        return
    print(
        f"Installing what {lock.name} names into .venv; once, and again when it changes …",
        flush=True,
    )
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    if subprocess.run(command, cwd=PROJECT).returncode:
        sys.exit(f"Stipple could not install {lock.name}; what pip says about it stands above.")
    installed.write_text(digest, "utf-8")


def run_in(python: Path, arguments: list[str]) -> int:
    """Go on in another Python; where the system can, it takes the place of this process."""
    command = [str(python), str(PROJECT / "wsgi.py"), *arguments]
    if os.name == "posix":
        os.execv(python, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
