-- Purpose: when each node of a batch was first and last seen in it. What we recorded ourselves is no visit.
-- Rows: up to a batch. No index: temporary tables.
INSERT INTO pg_temp.customers_seen (shop_id, customer_id, first_at, last_at)
SELECT b.shop_id, s.customer_id, min(b.occurred_at), max(b.occurred_at)
FROM pg_temp.event_batch b
JOIN pg_temp.event_stamp s ON s.seq = b.seq
WHERE b.origin = %(outside)s
GROUP BY b.shop_id, s.customer_id
