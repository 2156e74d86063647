-- Purpose: where a person's points come from. Rows: a person's. Index: loyalty_lot's primary key.
SELECT id, order_id, points, kept, remaining, currency, eligible_minor, rate_points, rate_minor, earned_at, expires_at
FROM loyalty_lot WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s) ORDER BY id
