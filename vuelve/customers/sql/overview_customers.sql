-- Purpose: customers seen for the first time in a period, by day of the shop's zone.
-- Rows: one per day with new customers.
-- Index: customers_customer_first.
-- Customers merged into others are not counted: they are the same person.
SELECT (first_seen_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS customers
FROM customers_customer AS customer
WHERE shop_id = %(shop)s AND first_seen_at >= %(start)s AND first_seen_at < %(end)s
  AND NOT EXISTS (
      SELECT FROM customers_alias AS alias
      WHERE alias.shop_id = %(shop)s AND alias.customer_id = customer.id
  )
GROUP BY day
