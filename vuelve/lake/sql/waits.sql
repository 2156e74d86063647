-- Purpose: whether so many events wait behind a position. Rows: 1. Index: events_event_position, up to %(rows)s entries of it.
SELECT EXISTS (
    SELECT FROM events_event WHERE (xid, seq) > (%(xid)s::bigint, %(seq)s::bigint) AND xid < vuelve_horizon()
    ORDER BY xid, seq OFFSET %(rows)s - 1 LIMIT 1
)
