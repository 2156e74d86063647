"""Checks that need Django but no database: `python -m vuelve.config.checks migrations|docs|write-docs`."""

import os
import sys
from pathlib import Path

from vuelve.platform import env

DOCS = Path(__file__).resolve().parents[2] / "docs"
SETTINGS_HEAD = "# Settings\n\nFrom the environment. Generated from `vuelve/platform/env.py` by `python -m vuelve.config.checks write-docs`.\n\n"


def settings_page() -> str:
    return SETTINGS_HEAD + env.as_markdown() + "\n"


def check_docs() -> int:
    page = DOCS / "settings.md"
    if not page.exists() or page.read_text(encoding="utf-8") != settings_page():
        sys.stderr.write(
            "docs/settings.md is not what vuelve/platform/env.py says: run `python -m vuelve.config.checks write-docs`\n"
        )
        return 1
    return 0


def write_docs() -> int:
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")
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


CHECKS = {"migrations": check_migrations, "docs": check_docs, "write-docs": write_docs}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]]())
