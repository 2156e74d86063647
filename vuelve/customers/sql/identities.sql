-- Purpose: the identifiers of one customer and where each came from: the event that claimed it, or that first showed it.
-- Rows: a few, %(rows)s at most. Index: customers_identifier_customer, customers_identifier_node, and of each partition
-- of the log events_event_customer.
SELECT i.kind, i.value, i.node_id, i.owner_id, o.kind AS owner_kind, o.value AS owner_value, i.claim_rank,
       CASE WHEN i.owner_id IS NULL THEN n.node_first_at ELSE i.claimed_at END AS since,
       i.claimed_by, e.name AS event_name, e.source AS event_source, e.message_id
FROM customers_identifier i
LEFT JOIN customers_identifier o ON o.shop_id = i.shop_id AND o.node_id = i.owner_id
LEFT JOIN customers_customer n ON n.shop_id = i.shop_id AND n.id = i.node_id
LEFT JOIN LATERAL (
    SELECT name, source, message_id FROM events_event
    WHERE shop_id = i.shop_id AND customer_id = coalesce(i.owner_id, i.node_id)
      AND occurred_at = CASE WHEN i.owner_id IS NULL THEN n.node_first_at ELSE i.claimed_at END
      AND (message_id = i.claimed_by OR (i.owner_id IS NULL AND origin = 0))
    ORDER BY message_id LIMIT 1
) e ON i.claim_rank > 0
WHERE i.shop_id = %(shop)s AND i.customer_id = %(customer)s
ORDER BY i.kind, i.value
LIMIT %(rows)s
