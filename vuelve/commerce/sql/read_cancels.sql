-- Purpose: `Order Cancelled` events into pg_temp.commerce_cancel_in, with the reason of those that are malformed.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: customers_alias's primary key.
INSERT INTO pg_temp.commerce_cancel_in (shop_id, customer_id, node_id, seq, at, message_id, order_id, cancel_reason, reason)
SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id), b.customer_id, b.seq, b.occurred_at, b.message_id,
       left(i.order_id, %(order_id_max)s), left(nullif(btrim(x.reason), ''), %(text_max)s),
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN i.order_id IS NULL THEN 'order_id_missing'
           WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (order_id json, reason text)
CROSS JOIN LATERAL (
    SELECT CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                THEN nullif(btrim(x.order_id #>> '{}'), '') END AS order_id
    OFFSET 0) i
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.kind = 1 AND b.name = 'Order Cancelled' AND b.customer_id IS NOT NULL
