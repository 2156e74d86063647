-- Purpose: the newest coupons of one customer. Rows: at most %(rows)s. Index: commerce_coupon's primary key.
SELECT code, percent, amount_minor, currency, issued_at, expires_at, redeemed_at, redeemed_order_id
FROM commerce_coupon
WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
ORDER BY issued_at DESC, code
LIMIT %(rows)s
