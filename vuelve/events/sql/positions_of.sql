-- Purpose: where some events of some customers stand. Rows: up to a page. Index: events_event_customer: reads the events
-- of those customers.
SELECT e.seq, e.xid FROM events_event e
WHERE e.shop_id = %(shop)s AND e.customer_id = ANY (%(customers)s) AND e.seq = ANY (%(seqs)s)
