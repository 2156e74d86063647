-- Purpose: whether a key stands for the award that was staged, and the balance now. Rows: one. Index: primary keys.
SELECT t.seq, t.input_hash = loyalty_hash(i.kind::text, i.customer_id::text, i.unit, i.points::text, i.order_id, i.reference),
       coalesce(a.balance, 0)
FROM pg_temp.loyalty_award_in i
JOIN loyalty_transfer t ON t.shop_id = i.shop_id AND t.key = i.key
LEFT JOIN loyalty_account a ON a.shop_id = i.shop_id AND a.customer_id = i.customer_id AND a.unit = i.unit
WHERE i.shop_id = %(shop)s AND i.key = %(key)s
