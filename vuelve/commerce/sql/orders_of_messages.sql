-- Purpose: the orders that a batch of messages is about: that of the event which each message answers, if it is the
-- customer's own. Rows: up to a dispatch batch. Index: events_event_position, probed once a message and partition;
-- primary keys of commerce_order_key, commerce_order and customers_alias. LATERAL with LIMIT 1: the planner would
-- otherwise rather read all keys of the shop than probe forty (72 ms against 2 with 150,000 orders).
WITH answered AS MATERIALIZED (
    SELECT w.message_id, w.customer_id, found.order_id, found.shipment_id
    FROM unnest(%(messages)s::bigint[], %(customers)s::bigint[], %(xids)s::bigint[], %(seqs)s::bigint[])
         AS w (message_id, customer_id, xid, seq)
    CROSS JOIN LATERAL (
        SELECT btrim(p.properties ->> 'order_id') AS order_id, btrim(p.properties ->> 'shipment_id') AS shipment_id
        FROM (
            SELECT CASE WHEN commerce_is_readable(e.properties) THEN e.properties END AS properties
            FROM events_event e
            WHERE e.xid = w.xid AND e.seq = w.seq AND e.shop_id = %(shop)s
            LIMIT 1
        ) p
    ) found
)
SELECT w.message_id, o.customer_id, o.order_id, w.shipment_id, o.ordered_at, o.currency, o.subtotal_minor,
       o.discount_minor, o.shipping_minor, o.tax_minor, o.total_minor, o.coupon_code, o.order_number, o.status,
       o.refunded_minor, o.paid_minor, o.payment_state, o.payment_method, o.cancelled_at, o.delivered_at
FROM answered w
CROSS JOIN LATERAL (
    SELECT k.customer_id FROM commerce_order_key k
    WHERE k.shop_id = %(shop)s AND k.order_id = w.order_id LIMIT 1
) k
CROSS JOIN LATERAL (
    SELECT * FROM commerce_order o
    WHERE o.shop_id = %(shop)s AND o.customer_id = k.customer_id AND o.order_id = w.order_id LIMIT 1
) o
LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = w.customer_id
LEFT JOIN customers_alias b ON b.shop_id = %(shop)s AND b.customer_id = o.customer_id
WHERE coalesce(a.canonical_id, w.customer_id) = coalesce(b.canonical_id, o.customer_id)
