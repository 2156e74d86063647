"""Checks that need Django but no database: `python -m vuelve.config.checks migrations|docs|write-docs|lock`."""

import os
import re
import sys
import tomllib
from pathlib import Path

from vuelve.events import refusals
from vuelve.platform import env

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SETTINGS_HEAD = "# Settings\n\nFrom the environment. Generated from `vuelve/platform/env.py` by `python -m vuelve.config.checks write-docs`.\n\n"


CODES_HEAD = "## Codes\n\nGenerated from `vuelve/events/refusals.py` by `python -m vuelve.config.checks write-docs`.\n\n"


def generated_pages() -> dict[Path, str]:
    """What is generated, and what it must say: a whole page, or the end of one that is written by hand."""
    events = DOCS / "events.md"
    by_hand = events.read_text(encoding="utf-8").partition(CODES_HEAD)[0]
    return {
        DOCS / "settings.md": SETTINGS_HEAD + env.as_markdown() + "\n",
        events: by_hand + CODES_HEAD + refusals.as_markdown() + "\n",
    }


def check_docs() -> int:
    stale = [
        page.name for page, text in generated_pages().items() if page.read_text(encoding="utf-8") != text
    ]
    if stale:
        sys.stderr.write(f"docs: {', '.join(stale)}: run `python -m vuelve.config.checks write-docs`\n")
    return 1 if stale else 0


def write_docs() -> int:
    for page, text in generated_pages().items():
        page.write_text(text, encoding="utf-8")
    return 0


def check_migrations() -> int:
    import warnings

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    os.environ.setdefault("VUELVE_SECRET_KEY", "only-for-checks")
    os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    django.setup()
    from django.core.management import call_command

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it cannot compare with a database, and need not
        try:
            call_command("makemigrations", check=True, dry_run=True)
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


def check_lock() -> int:
    """Whether every dependency of pyproject.toml is pinned where it is installed: else a newcomer lacks it, and only he."""
    missing = [
        f"requirements/{file}.txt lacks {name}"
        for file, names in _wanted().items()
        for name in sorted(names - _pinned(ROOT / "requirements" / f"{file}.txt"))
    ]
    if missing:
        sys.stderr.write("\n".join([*missing, "run `make lock`", ""]))
    return 1 if missing else 0


def _wanted() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    sets = {
        "runtime": ["build"],
        "demo": ["build", "demo"],
        "dev": ["build", "demo", "dev"],
        "spark": ["build", "spark"],
    }
    return {
        file: {
            _normal(re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0])
            for each in [*project["dependencies"], *(one for extra in chosen for one in extras[extra])]
        }
        for file, chosen in sets.items()
    }


def _pinned(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        _normal(line.partition("==")[0].partition("[")[0]) for line in lines if re.match(r"\w[^#]*==", line)
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


CHECKS = {
    "migrations": check_migrations,
    "docs": check_docs,
    "write-docs": write_docs,
    "lock": check_lock,
}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]]())
