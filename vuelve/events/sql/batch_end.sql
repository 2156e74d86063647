-- Purpose: the position at which a batch ends: the n-th row past the cursor, or the last one that is safe to read.
-- Rows: 1. Index: events_event_position, of each partition (a merge append).
-- Safe: below the oldest transaction that still runs. Ordering by seq alone, or reading past that transaction,
-- loses rows that commit late. The cursor comes in as values: joined from a CTE the whole backlog would be sorted.
WITH ahead AS (
    SELECT xid, seq FROM events_event
    WHERE (xid, seq) > (%(xid)s::xid8, %(seq)s)
      AND xid < pg_snapshot_xmin(pg_current_snapshot())
      AND (xid, seq) <= (%(end_xid)s::xid8, %(end_seq)s)
    ORDER BY xid, seq
    LIMIT %(rows)s
)
-- a.xid, not xid: that would be the text of the output, in which 999 stands after 1259.
SELECT a.xid::text, a.seq, (SELECT count(*) FROM ahead) FROM ahead a ORDER BY a.xid DESC, a.seq DESC LIMIT 1
