-- Purpose: the orders that a batch of messages is about: that of the event which each message answers, if it is the
-- customer's own. Rows: up to a dispatch batch. Index: events_event_position, probed once a message and partition;
-- primary keys of commerce_order_key, commerce_order and customers_alias.
SELECT w.message_id, o.customer_id, o.order_id, i.shipment_id, o.ordered_at, o.currency, o.subtotal_minor,
       o.discount_minor, o.shipping_minor, o.tax_minor, o.total_minor, o.coupon_code
FROM unnest(%(messages)s::bigint[], %(customers)s::bigint[], %(xids)s::text[], %(seqs)s::bigint[])
     AS w (message_id, customer_id, xid, seq)
JOIN events_event e ON e.xid = w.xid::xid8 AND e.seq = w.seq AND e.shop_id = %(shop)s
CROSS JOIN LATERAL (
    SELECT btrim(p.properties ->> 'order_id') AS order_id, btrim(p.properties ->> 'shipment_id') AS shipment_id
    FROM (SELECT CASE WHEN commerce_is_readable(e.properties) THEN e.properties END AS properties) p
) i
JOIN commerce_order_key k ON k.shop_id = e.shop_id AND k.order_id = i.order_id
JOIN commerce_order o ON o.shop_id = k.shop_id AND o.customer_id = k.customer_id AND o.order_id = k.order_id
LEFT JOIN customers_alias a ON a.shop_id = e.shop_id AND a.customer_id = w.customer_id
LEFT JOIN customers_alias b ON b.shop_id = e.shop_id AND b.customer_id = o.customer_id
WHERE coalesce(a.canonical_id, w.customer_id) = coalesce(b.canonical_id, o.customer_id)
