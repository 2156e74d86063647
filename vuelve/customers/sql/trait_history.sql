-- Purpose: one page of what was said of a customer, newest first, under which of its nodes and by which message.
-- Rows: %(rows)s. Index: customers_trait_change's primary key, by node; the history of a trait is bounded.
SELECT t.name, coalesce(t.text_value, trim_scale(t.number_value)::text, t.boolean_value::text, t.time_value::text) AS value,
       t.set_at, t.message_id, t.source, i.kind AS node_kind, i.value AS node_value
FROM customers_trait_change t
LEFT JOIN customers_identifier i ON i.shop_id = t.shop_id AND i.node_id = t.customer_id
WHERE t.shop_id = %(shop)s AND t.customer_id = ANY (%(ids)s::bigint[])
  AND (%(trait)s::text IS NULL OR t.name = %(trait)s)
  AND (%(after_at)s::timestamptz IS NULL
       OR (t.set_at, t.message_id, t.name) < (%(after_at)s, %(after_message)s::text COLLATE "C", %(after_name)s::text COLLATE "C"))
ORDER BY t.set_at DESC, t.message_id DESC, t.name DESC
LIMIT %(rows)s
