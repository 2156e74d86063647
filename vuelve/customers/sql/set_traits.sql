-- Purpose: the traits that identify calls set; the newest by (set_at, message_id) stays, whatever arrives last.
-- Rows: about ten an identify call. Index: customers_trait's primary key.
INSERT INTO customers_trait AS kept (shop_id, customer_id, name, text_value, text_key, number_value, boolean_value,
                                     time_value, set_at, message_id, source)
SELECT DISTINCT ON (b.shop_id, s.customer_id, t.name)
       b.shop_id, s.customer_id, t.name, t.text_value, t.text_key, t.number_value, t.boolean_value, t.time_value,
       b.occurred_at, b.message_id, b.source
FROM pg_temp.customers_said t
JOIN pg_temp.event_batch b ON b.seq = t.seq
JOIN pg_temp.event_stamp s ON s.seq = t.seq
ORDER BY b.shop_id, s.customer_id, t.name, b.occurred_at DESC, b.message_id DESC, b.source DESC
ON CONFLICT (shop_id, customer_id, name) DO UPDATE
SET text_value = excluded.text_value, text_key = excluded.text_key, number_value = excluded.number_value,
    boolean_value = excluded.boolean_value, time_value = excluded.time_value, set_at = excluded.set_at,
    message_id = excluded.message_id, source = excluded.source
WHERE (excluded.set_at, excluded.message_id, excluded.source) > (kept.set_at, kept.message_id, kept.source)
