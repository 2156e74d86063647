-- Purpose: whom events past a position are about, by the id that counts now. Rows: customers of some minutes.
-- Index: events_event_position, primary key of customers_alias. Events that are not stamped yet have not been judged either:
-- the batch that will judge them comes later.
INSERT INTO pg_temp.subject (subject_id, customer_id)
SELECT DISTINCT coalesce(a.canonical_id, e.customer_id), coalesce(a.canonical_id, e.customer_id)
FROM (
    SELECT DISTINCT customer_id FROM events_event
    WHERE (xid, seq) > (%(xid)s::bigint, %(seq)s::bigint) AND shop_id = %(shop)s AND customer_id IS NOT NULL
) e
LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = e.customer_id
