-- Purpose: lots of orders that belong to another customer now. Rows: few. Index: loyalty_transfer's primary key, loyalty_lot_id.
INSERT INTO pg_temp.loyalty_move_in (shop_id, lot_id, into_id)
SELECT s.shop_id, l.id, s.customer_id
FROM pg_temp.loyalty_standing s
JOIN loyalty_transfer k ON k.shop_id = s.shop_id AND k.key = 'order:' || s.order_id
JOIN loyalty_lot l ON l.shop_id = k.shop_id AND l.id = k.seq
WHERE l.customer_id <> s.customer_id
