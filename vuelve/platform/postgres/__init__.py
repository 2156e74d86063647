"""The embedded PostgreSQL: a private server on a folder of its own, run from the binaries of a pip wheel.

It owns the server's processes, folder, settings and login roles. It must not know any table.
"""

from vuelve.platform.postgres.errors import PostgresStartError
from vuelve.platform.postgres.folders import default_home
from vuelve.platform.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresStartError", "default_home"]
