-- Purpose: carts in which nothing has happened for as long as their shop waits, locked.
-- Rows: at most %(rows)s. Index: commerce_cart_open, probed once a shop. Carts that another tick holds are left to it.
SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, c.last_at, s.currency, d.digits
FROM shops_shop s
JOIN commerce_currency d ON d.code = s.currency
LEFT JOIN commerce_setting w ON w.shop_id = s.id
CROSS JOIN LATERAL (
    SELECT * FROM commerce_cart
    WHERE shop_id = s.id AND state = 'open' AND NOT historical
      AND last_at <= %(as_of)s - make_interval(mins => coalesce(w.cart_abandoned_minutes, 60))
    ORDER BY last_at
    LIMIT %(rows)s
    FOR UPDATE SKIP LOCKED
) c
LIMIT %(rows)s
