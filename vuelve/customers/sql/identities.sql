-- Purpose: the identifiers of one customer and where each came from: the event that claimed it, or that first showed it.
-- Rows: a few, %(rows)s at most. Index: customers_identifier_customer, customers_identifier_node, and of each partition
-- of the log events_event_customer. What is looked up is computed first: a computed key in a join reaches no index.
WITH held AS MATERIALIZED (
    SELECT i.kind, i.value, i.node_id, i.owner_id, i.claim_rank, i.claimed_by, coalesce(i.owner_id, i.node_id) AS whose,
           CASE WHEN i.owner_id IS NULL THEN
               (SELECT n.node_first_at FROM customers_customer n WHERE n.shop_id = %(shop)s AND n.id = i.node_id)
           ELSE i.claimed_at END AS since
    FROM customers_identifier i
    WHERE i.shop_id = %(shop)s AND i.customer_id = %(customer)s
    ORDER BY i.kind, i.value
    LIMIT %(rows)s
)
SELECT i.kind, i.value, i.node_id, i.owner_id, o.kind AS owner_kind, o.value AS owner_value, i.claim_rank, i.since,
       i.claimed_by, e.name AS event_name, e.source AS event_source, e.message_id
FROM held i
LEFT JOIN LATERAL (
    SELECT kind, value FROM customers_identifier WHERE shop_id = %(shop)s AND node_id = i.owner_id LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    SELECT name, source, message_id FROM events_event
    WHERE shop_id = %(shop)s AND customer_id = i.whose AND occurred_at = i.since
      AND (message_id = i.claimed_by OR (i.owner_id IS NULL AND origin = 0))
    ORDER BY message_id LIMIT 1
) e ON i.claim_rank > 0
ORDER BY i.kind, i.value
