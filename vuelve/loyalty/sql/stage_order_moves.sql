-- Purpose: lots of orders that belong to another customer now. Rows: few. Index: loyalty_lot_id.
INSERT INTO pg_temp.loyalty_move_in (shop_id, lot_id, into_id)
SELECT s.shop_id, l.id, s.customer_id
FROM pg_temp.loyalty_standing s
CROSS JOIN LATERAL (SELECT * FROM loyalty_lot l WHERE l.shop_id = s.shop_id AND l.id = s.known_seq LIMIT 1) l
WHERE s.known_seq IS NOT NULL AND l.customer_id <> s.customer_id
