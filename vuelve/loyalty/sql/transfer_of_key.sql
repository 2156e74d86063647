-- Purpose: what became of a key. Rows: one at most. Index: loyalty_transfer_pkey.
SELECT seq, points, reference FROM loyalty_transfer WHERE shop_id = %(shop)s AND key = %(key)s
