-- Purpose: the lot that a transfer made, and whose it is now. Rows: one at most. Index: loyalty_transfer_pkey, loyalty_lot_id.
SELECT l.id, l.customer_id
FROM loyalty_transfer t JOIN loyalty_lot l ON l.shop_id = t.shop_id AND l.id = t.seq
WHERE t.shop_id = %(shop)s AND t.key = %(key)s
