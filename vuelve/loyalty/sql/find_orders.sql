-- Purpose: the orders that a batch is about. Rows: up to CONSUMER_BATCH_ROWS. No index: a scan of the batch.
INSERT INTO pg_temp.loyalty_order (shop_id, order_id)
SELECT DISTINCT b.shop_id, o.order_id
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT btrim(vuelve_property(b.properties, 'order_id')) AS order_id OFFSET 0) o
WHERE b.name = ANY (%(names)s) AND b.shop_id = ANY (%(shops)s) AND o.order_id <> '' AND length(o.order_id) <= %(order_id_max)s
