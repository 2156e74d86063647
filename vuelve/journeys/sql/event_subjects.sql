-- Purpose: the events of one name in a batch as subjects of conditions: each is the event looked at.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: none: the batch is read once.
INSERT INTO pg_temp.subject (subject_id, customer_id, event_seq)
SELECT e.seq, coalesce(a.canonical_id, e.customer_id), e.seq
FROM pg_temp.event_batch e
LEFT JOIN customers_alias a ON a.shop_id = e.shop_id AND a.customer_id = e.customer_id
WHERE e.shop_id = %(shop)s AND e.name = %(event)s AND NOT e.historical AND e.customer_id IS NOT NULL
