-- Purpose: redemptions that named an order which is cancelled, not given back yet. Rows: few. Index: loyalty_transfer_order.
SELECT t.shop_id, t.key, t.seq
FROM pg_temp.loyalty_order w
JOIN loyalty_transfer t ON t.shop_id = w.shop_id AND t.order_id = w.order_id AND t.kind = 2
JOIN commerce_order_key k ON k.shop_id = w.shop_id AND k.order_id = w.order_id AND k.cancelled_at IS NOT NULL
WHERE NOT EXISTS (SELECT FROM loyalty_transfer r WHERE r.shop_id = t.shop_id AND r.reverses = t.seq)
ORDER BY t.shop_id, t.seq
