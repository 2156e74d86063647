-- Purpose: open lots of customers who have been away since `before`. Rows: up to LOTS_PER_TICK; once an hour, reads the
-- shop's accounts. Index: loyalty_lot's primary key.
INSERT INTO pg_temp.loyalty_due_in (shop_id, customer_id, lot_id)
SELECT l.shop_id, l.customer_id, l.id
FROM loyalty_account a
JOIN loyalty_lot l ON l.shop_id = a.shop_id AND l.customer_id = a.customer_id AND l.unit = a.unit
WHERE a.shop_id = %(shop)s AND a.unit = %(unit)s AND a.active_at < %(before)s AND a.balance > 0 AND l.state = 1
LIMIT %(rows)s
