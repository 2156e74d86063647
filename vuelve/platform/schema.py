"""For migrations: data-plane tables are written in SQL, and `-- rls: table` puts one behind row-level security."""

import re
from pathlib import Path

from django.db.migrations import RunSQL

from vuelve.platform.db import row_security_sql

_MARK = re.compile(r"^-- rls: (\w+)$", re.MULTILINE)


def sql_tables(migration_file: str, name: str) -> RunSQL:
    """The operation that runs `name` (a .sql file beside the migration)."""
    text = Path(migration_file).with_name(name).read_text(encoding="utf-8")
    return RunSQL(_MARK.sub(lambda mark: row_security_sql(mark[1]), text), RunSQL.noop)


def row_security(*tables: str) -> RunSQL:
    """The operation that puts tables made by Django behind row-level security."""
    return RunSQL("".join(row_security_sql(table) for table in tables), RunSQL.noop)
