-- Purpose: remove up to %(rows)s events of a shop past the days that it keeps them, with their typed copies and notes of
-- those set aside. Rows: up to %(rows)s. Index: none by shop and age: old partitions only, once an hour.
WITH chosen AS (
    SELECT xid, seq, customer_id FROM events_event
    WHERE shop_id = %(shop)s AND received_at < %(before)s
    LIMIT %(rows)s
), gone AS (
    DELETE FROM events_event e USING chosen c
    WHERE e.xid = c.xid AND e.seq = c.seq AND e.shop_id = %(shop)s AND e.received_at < %(before)s
    RETURNING e.customer_id, e.seq
), copies AS (
    DELETE FROM events_property p USING gone
    WHERE p.shop_id = %(shop)s AND p.customer_id = gone.customer_id AND p.seq = gone.seq
), set_aside AS (
    DELETE FROM events_quarantine q USING gone WHERE q.shop_id = %(shop)s AND q.seq = gone.seq
)
SELECT count(*) FROM gone
