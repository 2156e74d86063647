"""PostgreSQL's own limits, for rows alone: tables with the columns and the indexes of the real ones, without row-level
security, partitions, conditions, messages or Python between the rows; one connection, each transaction durable.

Journeys: claim, UPDATE and INSERT, 1,000 rows a transaction. Ingest: COPY into the log, 10,000 rows a transaction.
"""

from vuelve.bench import database
from vuelve.bench import ingest_workload as workload
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements

SQL = Statements(__file__)

ROWS_PER_BATCH = 1_000
ROWS_PER_COPY = 10_000


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


def ingest_limit_per_s(rows: int) -> float:
    """Rows a second of the ingest workload by COPY into a bare copy of the log, all its indexes included.

    The rows are text before the clock starts. No look-up of duplicates: a bare log has none.
    """
    copies = _copies(rows)
    with database.owner() as connection:
        connection.execute(SQL["limit_log"])
        began = monotonic_seconds()
        for text in copies:
            with connection.cursor().copy(SQL["limit_copy"]) as copy:
                copy.write(text)
        seconds = monotonic_seconds() - began
        count = connection.execute("SELECT count(*) FROM bench_event").fetchone()
        connection.execute("DROP TABLE bench_event")
    if count != (rows,):
        raise RuntimeError(f"{count} of {rows} rows were copied")
    return rows / seconds


def _copies(rows: int) -> list[bytes]:
    """COPY's text format: what the workload's events become in the log."""
    now = real.now()
    expected = workload.Expected()
    made = (
        call
        for type, call in workload.calls(first=0, count=rows, ended_at=now, expected=expected)
        if type != "identify"
    )
    lines = [workload.log_line(number, call, now) for number, call in enumerate(made)]
    return ["".join(lines[start : start + ROWS_PER_COPY]).encode() for start in range(0, rows, ROWS_PER_COPY)]
