-- Purpose: which orders of the batch are new: the first event with an order id has it, whoever bought.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: commerce_order_key's primary key.
-- ORDER BY on the keys: two workers with the same orders would otherwise take them in different order and deadlock.
WITH first AS MATERIALIZED (
    SELECT DISTINCT ON (shop_id, order_id) shop_id, order_id, customer_id, seq FROM pg_temp.commerce_order_in
    WHERE reason IS NULL ORDER BY shop_id, order_id, xid, seq
), taken AS (
    INSERT INTO commerce_order_key (shop_id, order_id, customer_id)
    SELECT shop_id, order_id, customer_id FROM first ORDER BY shop_id, order_id
    ON CONFLICT DO NOTHING
    RETURNING shop_id, order_id
)
UPDATE pg_temp.commerce_order_in h SET is_new = true
FROM first JOIN taken USING (shop_id, order_id)
WHERE h.seq = first.seq
