-- Purpose: orders of which less stands than they earned, by the rate that held when they earned. Rows: those refunded.
-- Index: loyalty_transfer's primary key, loyalty_lot_id.
INSERT INTO pg_temp.loyalty_withdraw_in (shop_id, lot_id, keep, key, order_id, allows_debt)
SELECT w.shop_id, w.id, w.keep, 'order:' || w.order_id || ':keep:' || w.keep, w.order_id, w.allows_debt
FROM (
    SELECT s.shop_id, l.id, s.order_id, l.kept, t.allows_debt,
           -- Never more than before: an order that has grown since earns nothing for what was added.
           least(l.kept, l.points, least(s.left_minor, l.eligible_minor)::numeric * l.rate_points * l.multiplier_percent
                 / (l.rate_minor * 100)) AS exact
    FROM pg_temp.loyalty_standing s
    JOIN unnest(%(shops)s::bigint[], %(debts)s::boolean[]) AS t (shop_id, allows_debt) ON t.shop_id = s.shop_id
    CROSS JOIN LATERAL (
        SELECT k.seq FROM loyalty_transfer k WHERE k.shop_id = s.shop_id AND k.key = 'order:' || s.order_id LIMIT 1) k
    CROSS JOIN LATERAL (SELECT * FROM loyalty_lot l WHERE l.shop_id = s.shop_id AND l.id = k.seq LIMIT 1) l
    WHERE s.known_seq IS NOT NULL OR s.left_minor < s.eligible_minor
) x
CROSS JOIN LATERAL (SELECT x.shop_id, x.id, x.order_id, x.allows_debt, floor(x.exact)::bigint AS keep) w
WHERE w.keep < x.kept
