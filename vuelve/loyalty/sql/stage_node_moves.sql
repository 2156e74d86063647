-- Purpose: lots go where the profile that earned them counts now. Rows: a few a merge. Index: loyalty_lot's primary key.
INSERT INTO pg_temp.loyalty_move_in (shop_id, lot_id, into_id)
SELECT l.shop_id, l.id, m.into_id
FROM pg_temp.customers_moved m
JOIN loyalty_lot l ON l.shop_id = m.shop_id AND l.customer_id = m.from_id AND l.node_id = m.node_id
