-- Purpose: what a customer has, and what of it expires next. Rows: one at most. Index: primary keys of account and lot.
SELECT a.balance, a.pending, a.issued, a.redeemed, coalesce(n.points, 0), n.expires_at
FROM loyalty_account a
LEFT JOIN LATERAL (
    SELECT sum(l.remaining)::bigint AS points, l.expires_at
    FROM loyalty_lot l
    WHERE l.shop_id = a.shop_id AND l.customer_id = a.customer_id AND l.unit = a.unit AND l.state = 1 AND l.remaining > 0
      AND l.expires_at IS NOT NULL
    GROUP BY l.expires_at ORDER BY l.expires_at LIMIT 1
) n ON true
WHERE a.shop_id = %(shop)s AND a.customer_id = %(customer)s AND a.unit = %(unit)s
