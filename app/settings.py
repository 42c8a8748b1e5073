"""Every setting, its default and its meaning. All come from the environment; none holds a secret.

A setting is a row of `SETTINGS`. What it needs beyond a string is worked out in `from_environment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent


class Setting(NamedTuple):
    """One environment variable: what it is when it is not set, and what it means."""

    default: str
    meaning: str


SETTINGS: dict[str, Setting] = {
    "STIPPLE_INSTANCE": Setting("instance", "Folder of the database, uploads and backups."),
    "STIPPLE_KEY_FILE": Setting(
        "", "The key of the database; by default outside the instance, in the user's own folder."
    ),
    "DATABASE_URL": Setting(
        "", "A PostgreSQL address; without it the encrypted SQLite file of the instance."
    ),
    "HOST": Setting(
        "localhost", "Where `make run` listens; 0.0.0.0 is the whole network, over TLS."
    ),
    "PORT": Setting("8000", "The port of Stipple itself, plain on this machine or over TLS."),
    "STIPPLE_HOSTNAME": Setting(
        "", "The name tablets use; `<machine>.local` at the first start over TLS, then kept."
    ),
    "STIPPLE_PUBLIC_URL": Setting(
        "", "The https:// address people use and the QR code says, where it is another."
    ),
    "STIPPLE_TRUST_PORT": Setting(
        "", "The port of the page that hands out the root certificate; by default PORT + 1."
    ),
    "STIPPLE_TLS_CERTIFICATE": Setting(
        "", "A certificate of the clinic's own (PEM, with its chain), in place of Stipple's."
    ),
    "STIPPLE_TLS_KEY": Setting("", "The key of STIPPLE_TLS_CERTIFICATE (PEM)."),
    "STIPPLE_PROXY": Setting(
        "", "Addresses a reverse proxy speaks from; only theirs is believed who they speak for."
    ),
    "STIPPLE_TIMESTAMP_URL": Setting(
        "", "A time-stamp service (RFC 3161) that notes are stamped by; it is sent a hash, no more."
    ),
    "STIPPLE_CLOCK": Setting("", "An instant with a zone at which the clock starts. Demo, tests."),
    "STIPPLE_DEMO_SEED": Setting("1", "Same seed, same fictitious patients in `make demo`."),
}

# What may be posted at once: a chart of the largest size is some 250 kB, a note to verify 20 MB,
# a tablet's photograph 12 MB.
LARGEST_REQUEST = 1_000_000
LARGEST_VERIFIED_FILE = 20_000_000
LARGEST_PHOTOGRAPH = 12_000_000


def value(environ: Mapping[str, str], name: str) -> str:
    """The setting as given, or its default; an empty variable counts as not set."""
    return environ.get(name) or SETTINGS[name].default


def instance_path(environ: Mapping[str, str]) -> Path:
    """The absolute folder that holds this clinic's data."""
    return (PROJECT / value(environ, "STIPPLE_INSTANCE")).resolve()


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The Flask configuration that these variables ask for."""
    return {
        "STIPPLE_KEY_FILE": value(environ, "STIPPLE_KEY_FILE"),
        "DATABASE_URL": value(environ, "DATABASE_URL"),
        "STIPPLE_DEMO_SEED": value(environ, "STIPPLE_DEMO_SEED"),
        "STIPPLE_HOSTNAME": value(environ, "STIPPLE_HOSTNAME"),
        "STIPPLE_PUBLIC_URL": value(environ, "STIPPLE_PUBLIC_URL"),
        "STIPPLE_PROXY": value(environ, "STIPPLE_PROXY"),
        "STIPPLE_TIMESTAMP_URL": value(environ, "STIPPLE_TIMESTAMP_URL"),
        "STIPPLE_URL": "",  # Where it is reached, told by whoever serves.
        "STIPPLE_TRUST_URL": "",
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "LANGUAGES": ("en", "es"),
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(PROJECT / "app" / "translations"),
        "WTF_CSRF_TIME_LIMIT": None,  # A token lives as long as its server-side session.
        # Our pages send no Referer, over TLS either; the token alone says that a form is ours.
        "WTF_CSRF_SSL_STRICT": False,
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_HEADERS_ENABLED": True,
    }
