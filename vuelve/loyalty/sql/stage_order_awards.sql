-- Purpose: awards of the orders that earn and have not earned yet. Rows: a batch's orders. No index.
-- What was refunded before it could earn is earned and taken back: the statement shows both.
INSERT INTO pg_temp.loyalty_award_in (shop_id, key, customer_id, node_id, unit, points, order_id, currency, eligible_minor,
                                      rate_points, rate_minor, earned_at, active_at, expires_at)
SELECT s.shop_id, 'order:' || s.order_id, s.customer_id, s.node_id, %(unit)s, s.points, s.order_id, s.currency, s.eligible_minor,
       t.rate_points, t.rate_minor, s.ordered_at,
       CASE WHEN t.approval_days > 0 THEN s.ordered_at + make_interval(days => t.approval_days) END, d.expires_at
FROM pg_temp.loyalty_standing s
JOIN unnest(%(shops)s::bigint[], %(points)s::bigint[], %(minor)s::bigint[], %(approval)s::integer[])
     AS t (shop_id, rate_points, rate_minor, approval_days) ON t.shop_id = s.shop_id
LEFT JOIN pg_temp.loyalty_day d ON d.shop_id = s.shop_id AND d.day = s.day
WHERE s.earns AND s.keep > 0 AND s.known_seq IS NULL
