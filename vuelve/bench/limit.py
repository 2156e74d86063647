"""PostgreSQL's own limit for the work of journeys: claim, UPDATE and INSERT of bare rows, nothing else.

The tables have the columns and the indexes of the real ones, without row-level security, partitions, conditions,
messages or Python between the rows; one connection, 1,000 rows a transaction, each durable.
"""

from vuelve.bench import database
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import Statements

SQL = Statements(__file__)

ROWS_PER_BATCH = 1_000


def journeys_limit_per_s(rows: int) -> float:
    """Rows a second that are claimed, updated and noted, one connection."""
    with database.owner() as connection:
        connection.execute(SQL["limit_tables"])
        connection.execute(SQL["limit_fill"], {"rows": rows})
        connection.execute("ANALYZE bench_run")
        done = 0
        began = monotonic_seconds()
        while moved := connection.execute(SQL["limit_batch"], {"rows": ROWS_PER_BATCH}).rowcount:
            done += moved
        seconds = monotonic_seconds() - began
        connection.execute("DROP TABLE bench_run, bench_move")
    if done != rows:
        raise RuntimeError(f"{done} of {rows} bare rows were moved")
    return rows / seconds
