-- Purpose: the new orders of the batch. Rows: up to CONSUMER_BATCH_ROWS. Index: commerce_order's primary key.
-- Sorted as the key is: neighbours in the index are written together.
INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, discount_minor,
    shipping_minor, tax_minor, total_minor, coupon_code, historical, event_seq)
SELECT shop_id, customer_id, order_id, ordered_at, currency, subtotal, discount_minor, shipping_minor, tax_minor,
       coalesce(total_minor, subtotal + shipping_minor + tax_minor), coupon_code, historical, seq
FROM (
    SELECT h.*, coalesce(h.subtotal_minor, l.amount_minor, 0) AS subtotal
    FROM pg_temp.commerce_order_in h
    LEFT JOIN (SELECT seq, sum(amount_minor)::bigint AS amount_minor FROM pg_temp.commerce_line_in GROUP BY seq) l
           ON l.seq = h.seq
    WHERE h.is_new
) AS orders
ORDER BY shop_id, customer_id, order_id
