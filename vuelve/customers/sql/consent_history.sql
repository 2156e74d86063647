-- Purpose: what a customer decided, newest first, with the words agreed to. Rows: %(rows)s.
-- Index: customers_consent_change's primary key, by node.
SELECT c.channel, c.purpose, c.is_granted, c.decided_at, c.message_id, c.source, c.wording, i.kind AS node_kind, i.value AS node_value
FROM customers_consent_change c
LEFT JOIN customers_identifier i ON i.shop_id = c.shop_id AND i.node_id = c.customer_id
WHERE c.shop_id = %(shop)s AND c.customer_id = ANY (%(ids)s::bigint[])
ORDER BY c.decided_at DESC, c.message_id DESC, c.channel, c.purpose
LIMIT %(rows)s
