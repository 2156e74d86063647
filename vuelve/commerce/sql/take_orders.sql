-- Purpose: take the order ids of which nothing was known. Rows: up to CONSUMER_BATCH_ROWS.
-- Index: commerce_order_key's primary key.
-- ORDER BY on the keys: two workers with the same orders would otherwise take them in different order and deadlock.
WITH taken AS (
    INSERT INTO commerce_order_key (shop_id, order_id, customer_id, node_id, claim_rank, claimed_at, claimed_by, event_seq,
        ordered_at, historical, currency, total_minor)
    SELECT shop_id, order_id, customer_id, node_id, claim_rank, claimed_at, claimed_by, event_seq, ordered_at, historical,
           currency, total_minor
    FROM pg_temp.commerce_touch ORDER BY shop_id, order_id
    ON CONFLICT DO NOTHING
    RETURNING shop_id, order_id
)
UPDATE pg_temp.commerce_touch t SET is_fresh = true
FROM taken WHERE taken.shop_id = t.shop_id AND taken.order_id = t.order_id
