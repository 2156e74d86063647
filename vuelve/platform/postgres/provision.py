"""The login roles and the database, made as the superuser at each start if anything is absent."""

from importlib.resources import files

import psycopg
from psycopg import sql

from vuelve.platform.postgres.settings import OWNER

ROLES_SQL = files("vuelve.platform.postgres").joinpath("sql/roles.sql")


def provision(conninfo: str, *, database: str) -> None:
    """Idempotent; the caller holds the start lock, so it never runs beside itself."""
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=30) as connection:
        with connection.transaction():
            connection.execute(ROLES_SQL.read_bytes())
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]
        ).fetchone()
        names = {"database": sql.Identifier(database), "owner": sql.Identifier(OWNER)}
        if owner is None:
            # Not inside a transaction block, so a crash can leave the database out, but never half made.
            connection.execute(
                sql.SQL("CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0").format(
                    **names
                )
            )
        elif owner[0] != OWNER:
            connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
