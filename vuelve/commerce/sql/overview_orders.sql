-- Purpose: orders and revenue of a period, by day of the shop's zone. Revenue counts the shop's currency only, less
-- what was refunded; cancelled orders count as none.
-- Rows: one per day with orders.
-- Index: commerce_order_time (shop_id, ordered_at); 117,000 orders of a year took 90 ms, 9,700 of 28 days 7 ms.
SELECT (ordered_at AT TIME ZONE %(zone)s)::date AS day,
       count(*) AS orders,
       coalesce(sum(total_minor - refunded_minor) FILTER (WHERE currency = %(currency)s), 0)::bigint AS revenue_minor,
       count(*) FILTER (WHERE currency <> %(currency)s) AS other_currency
FROM commerce_order
WHERE shop_id = %(shop)s AND ordered_at >= %(start)s AND ordered_at < %(end)s AND status <> 'cancelled'
GROUP BY day
