-- Purpose: the traits that identify calls set: each is kept under its node with where it came from; of whom the node
-- counts for the newest by (set_at, message_id, source) is what holds, whatever arrives last.
-- Rows: about ten an identify call. Index: the primary keys of customers_trait_change and customers_trait.
WITH said AS MATERIALIZED (
    SELECT b.shop_id, s.customer_id AS node_id, s.canonical_id, t.name, b.occurred_at AS set_at, b.message_id, b.source,
           t.text_value, t.text_key, t.number_value, t.boolean_value, t.time_value
    FROM pg_temp.customers_said t
    JOIN pg_temp.event_batch b ON b.seq = t.seq
    JOIN pg_temp.event_stamp s ON s.seq = t.seq
), told AS (
    INSERT INTO customers_trait_change (shop_id, customer_id, name, set_at, message_id, source, text_value, text_key,
                                        number_value, boolean_value, time_value)
    SELECT shop_id, node_id, name, set_at, message_id, source, text_value, text_key, number_value, boolean_value, time_value
    FROM said
    ORDER BY shop_id, node_id, name, set_at, message_id, source
    ON CONFLICT DO NOTHING
)
INSERT INTO customers_trait AS kept (shop_id, customer_id, name, text_value, text_key, number_value, boolean_value,
                                     time_value, set_at, message_id, source)
SELECT DISTINCT ON (shop_id, canonical_id, name)
       shop_id, canonical_id, name, text_value, text_key, number_value, boolean_value, time_value, set_at, message_id, source
FROM said
ORDER BY shop_id, canonical_id, name, set_at DESC, message_id DESC, source DESC
ON CONFLICT (shop_id, customer_id, name) DO UPDATE
SET text_value = excluded.text_value, text_key = excluded.text_key, number_value = excluded.number_value,
    boolean_value = excluded.boolean_value, time_value = excluded.time_value, set_at = excluded.set_at,
    message_id = excluded.message_id, source = excluded.source
WHERE (excluded.set_at, excluded.message_id, excluded.source) > (kept.set_at, kept.message_id, kept.source)
