-- Purpose: remove up to %(rows)s events of a person, but for those of which a bare one stays. Rows: up to %(rows)s; returns
-- how many of each table. Index: events_event_customer, of each partition; events_quarantine is small.
WITH chosen AS (
    SELECT xid, seq FROM events_event
    WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
      AND NOT (origin = 0 AND name = ANY (%(kept)s))
    LIMIT %(rows)s
), gone AS (
    DELETE FROM events_event e USING chosen c WHERE e.xid = c.xid AND e.seq = c.seq AND e.shop_id = %(shop)s
    RETURNING e.seq
), set_aside AS (
    DELETE FROM events_quarantine q USING gone WHERE q.shop_id = %(shop)s AND q.seq = gone.seq RETURNING q.seq
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM set_aside)
