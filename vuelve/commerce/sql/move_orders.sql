-- Purpose: a merged customer's orders, items and rejected events go to the canonical customer.
-- Rows: those of the merged customers. Index: each table's primary key, by (shop_id, customer_id).
-- Order ids are taken once in a shop, so nothing can collide. Deleted and inserted, not updated: the customer is part
-- of the key by which the tables may one day be distributed.
WITH items AS (
    DELETE FROM commerce_item i USING pg_temp.commerce_merge_in m
    WHERE i.shop_id = m.shop_id AND i.customer_id = m.from_id
    RETURNING m.into_id, i.*
), moved_items AS (
    INSERT INTO commerce_item (shop_id, customer_id, order_id, line, ordered_at, product_id, category, quantity,
        price_minor, amount_minor)
    SELECT shop_id, into_id, order_id, line, ordered_at, product_id, category, quantity, price_minor, amount_minor
    FROM items
), orders AS (
    DELETE FROM commerce_order o USING pg_temp.commerce_merge_in m
    WHERE o.shop_id = m.shop_id AND o.customer_id = m.from_id
    RETURNING m.into_id, o.*
), moved_orders AS (
    INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, discount_minor,
        shipping_minor, tax_minor, total_minor, coupon_code, historical, event_seq)
    SELECT shop_id, into_id, order_id, ordered_at, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor,
           total_minor, coupon_code, historical, event_seq
    FROM orders
), rejected AS (
    DELETE FROM commerce_rejected r USING pg_temp.commerce_merge_in m
    WHERE r.shop_id = m.shop_id AND r.customer_id = m.from_id
    RETURNING m.into_id, r.*
), moved_rejected AS (
    INSERT INTO commerce_rejected (shop_id, customer_id, event_seq, event_name, order_id, reason, rejected_at)
    SELECT shop_id, into_id, event_seq, event_name, order_id, reason, rejected_at FROM rejected
)
UPDATE commerce_order_key k SET customer_id = o.into_id
FROM orders o
WHERE k.shop_id = o.shop_id AND k.order_id = o.order_id
