-- Purpose: note the coupons of ours that an order named in vain: the store has accepted them. Rows: few.
-- Index: commerce_coupon_refusal's primary key.
INSERT INTO commerce_coupon_refusal (shop_id, customer_id, node_id, order_id, code, reason, refused_at)
SELECT shop_id, customer_id, node_id, order_id, code, outcome, %(now)s
FROM pg_temp.commerce_coupon_use
WHERE outcome IN ('expired', 'already_redeemed', 'other_customer')
ON CONFLICT DO NOTHING
