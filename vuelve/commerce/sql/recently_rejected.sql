-- Purpose: the newest rejected events. Rows: up to %(rows)s. Index: commerce_rejected_recent, read backwards.
SELECT rejected_at, event_seq, event_name, coalesce(node_id, customer_id), reason, order_id FROM commerce_rejected
WHERE shop_id = %(shop)s AND rejected_at >= %(since)s
ORDER BY rejected_at DESC, event_seq DESC LIMIT %(rows)s
