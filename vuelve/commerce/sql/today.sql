-- Purpose: orders and revenue of some stretches of time, in their order, and whether the shop had begun to sell before each.
-- Rows: five. Index: commerce_order_time.
SELECT each.place, count(o.order_id), coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.currency = %(currency)s), 0)::bigint,
       each.starts >= date_trunc('day', first.ordered_at, %(zone)s)
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS each (starts, ends, place)
LEFT JOIN (SELECT ordered_at FROM commerce_order WHERE shop_id = %(shop)s ORDER BY ordered_at LIMIT 1) AS first ON true
LEFT JOIN commerce_order o
  ON o.shop_id = %(shop)s AND o.ordered_at >= each.starts AND o.ordered_at < each.ends AND o.status <> 'cancelled'
GROUP BY each.place, each.starts, first.ordered_at
ORDER BY each.place
