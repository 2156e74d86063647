-- Purpose: the orders that well-formed events of the batch name, each with the best claim among them: the earliest
-- `Order Completed`, else the earliest event. Rows: up to CONSUMER_BATCH_ROWS. No index.
INSERT INTO pg_temp.commerce_touch (shop_id, order_id, claim_rank, claimed_at, claimed_by, customer_id, node_id, event_seq,
    ordered_at, historical, currency, total_minor)
SELECT DISTINCT ON (shop_id, order_id) shop_id, order_id, claim_rank, at, message_id, customer_id, node_id, seq, ordered_at,
       historical, currency, total_minor
FROM (
    SELECT shop_id, order_id, claim_rank, at, message_id, customer_id, node_id, seq, ordered_at, historical, currency,
           total_minor
    FROM pg_temp.commerce_order_in WHERE reason IS NULL
    UNION ALL
    SELECT shop_id, order_id, 2, at, message_id, customer_id, node_id, seq, NULL, false, NULL, NULL
    FROM (
        SELECT shop_id, order_id, at, message_id, customer_id, node_id, seq FROM pg_temp.commerce_refund_in
        WHERE reason IS NULL
        UNION ALL
        SELECT shop_id, order_id, at, message_id, customer_id, node_id, seq FROM pg_temp.commerce_cancel_in
        WHERE reason IS NULL
        UNION ALL
        SELECT shop_id, order_id, at, message_id, customer_id, node_id, seq FROM pg_temp.commerce_payment_in
        WHERE reason IS NULL
        UNION ALL
        SELECT shop_id, order_id, at, message_id, customer_id, node_id, seq FROM pg_temp.commerce_shipment_in
        WHERE reason IS NULL
    ) AS others
) AS said
ORDER BY shop_id, order_id, claim_rank, at, message_id, seq
