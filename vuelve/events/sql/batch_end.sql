-- Purpose: the position at which a batch ends: the n-th row past the cursor, or the last one that is safe to read.
-- Rows: 1. Index: events_event_position, of each partition (a merge append).
-- Safe: below the oldest transaction that still runs. Ordering by seq alone, or reading past that transaction,
-- loses rows that commit late. The cursor comes in as values: joined from a CTE the whole backlog would be sorted.
WITH ahead AS (
    SELECT xid, seq FROM events_event
    WHERE (xid, seq) > (%(xid)s::bigint, %(seq)s::bigint)
      AND xid < vuelve_horizon()
      AND (xid, seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
    ORDER BY xid, seq
    LIMIT %(rows)s
)
SELECT a.xid, a.seq, (SELECT count(*) FROM ahead) FROM ahead a ORDER BY a.xid DESC, a.seq DESC LIMIT 1
