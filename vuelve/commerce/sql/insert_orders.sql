-- Purpose: the orders that are new or have changed. Rows: up to CONSUMER_BATCH_ROWS. Index: commerce_order's primary key.
-- Sorted as the key is: neighbours in the index are written together. What follows from refunds and payments is worked
-- out afterwards (`settle_orders`); an order that has shrunk must not stand below what was refunded in between.
INSERT INTO commerce_order (shop_id, customer_id, node_id, order_id, order_number, source_name, ordered_at, currency,
    subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor, coupon_code, stated_method, payment_method,
    cart_id, historical, event_seq, content_at, content_by)
SELECT h.shop_id, h.customer_id, h.node_id, h.order_id, h.order_number, h.source_name, h.ordered_at, h.currency,
       h.subtotal_minor, h.discount_minor, h.shipping_minor, h.tax_minor, h.total_minor, h.coupon_code, h.stated_method,
       h.stated_method, h.cart_id, h.historical, t.event_seq, h.at, h.message_id
FROM pg_temp.commerce_order_in h
JOIN pg_temp.commerce_touch t ON t.shop_id = h.shop_id AND t.order_id = h.order_id
WHERE h.is_content
ORDER BY h.shop_id, h.customer_id, h.order_id
ON CONFLICT (shop_id, customer_id, order_id) DO UPDATE SET
    node_id = excluded.node_id, order_number = excluded.order_number, source_name = excluded.source_name,
    ordered_at = excluded.ordered_at, currency = excluded.currency, subtotal_minor = excluded.subtotal_minor,
    discount_minor = excluded.discount_minor, shipping_minor = excluded.shipping_minor, tax_minor = excluded.tax_minor,
    total_minor = excluded.total_minor, coupon_code = excluded.coupon_code, stated_method = excluded.stated_method,
    payment_method = excluded.payment_method, cart_id = excluded.cart_id, historical = excluded.historical, event_seq = excluded.event_seq,
    content_at = excluded.content_at, content_by = excluded.content_by, refunded_minor = 0
