-- Purpose: the customers whose rows a span of the log may have changed, under every id that they have or had.
-- Rows: customers of the span and their aliases. Index: events_event_position, customers_alias both ways.
WITH seen AS (
    SELECT DISTINCT shop_id, customer_id FROM events_event
    WHERE (xid, seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (xid, seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
      AND customer_id IS NOT NULL
    UNION
    SELECT e.shop_id, moved.id::bigint FROM events_event e
    CROSS JOIN LATERAL (VALUES (e.properties->>'from_id'), (e.properties->>'into_id'), (e.properties->>'node_id')) AS moved (id)
    WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
      AND e.name = 'Customers Merged' AND e.origin = 1 AND moved.id IS NOT NULL
), counted AS (
    SELECT s.shop_id, coalesce(a.canonical_id, s.customer_id) AS customer_id FROM seen s
    LEFT JOIN customers_alias a ON a.shop_id = s.shop_id AND a.customer_id = s.customer_id
)
SELECT shop_id, customer_id FROM seen
UNION SELECT shop_id, customer_id FROM counted
UNION SELECT b.shop_id, b.customer_id FROM counted c JOIN customers_alias b ON b.shop_id = c.shop_id AND b.canonical_id = c.customer_id
