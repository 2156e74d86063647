-- Purpose: traits of merged customers go to those they were merged into; of equal names the newest stays.
-- Rows: tens a merge. Index: customers_trait's primary key.
WITH moved AS (
    DELETE FROM customers_trait t USING pg_temp.customers_merging m
    WHERE t.shop_id = m.shop_id AND t.customer_id = m.from_id
    RETURNING m.into_id, t.*
)
INSERT INTO customers_trait AS kept (shop_id, customer_id, name, text_value, text_key, number_value, boolean_value,
                                     time_value, set_at, message_id, source)
SELECT DISTINCT ON (shop_id, into_id, name)
       shop_id, into_id, name, text_value, text_key, number_value, boolean_value, time_value, set_at, message_id, source
FROM moved
ORDER BY shop_id, into_id, name, set_at DESC, message_id DESC, source DESC
ON CONFLICT (shop_id, customer_id, name) DO UPDATE
SET text_value = excluded.text_value, text_key = excluded.text_key, number_value = excluded.number_value,
    boolean_value = excluded.boolean_value, time_value = excluded.time_value, set_at = excluded.set_at,
    message_id = excluded.message_id, source = excluded.source
WHERE (excluded.set_at, excluded.message_id, excluded.source) > (kept.set_at, kept.message_id, kept.source)
