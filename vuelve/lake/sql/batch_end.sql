-- Purpose: the position at which a flush ends, and how many rows that is. Rows: 1. Index: events_event_position, a merge append.
WITH ahead AS (
    SELECT xid, seq FROM events_event
    WHERE (xid, seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (xid, seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
      AND xid < vuelve_horizon()
    ORDER BY xid, seq LIMIT %(rows)s
)
SELECT a.xid, a.seq, (SELECT count(*) FROM ahead) FROM ahead a ORDER BY a.xid DESC, a.seq DESC LIMIT 1
