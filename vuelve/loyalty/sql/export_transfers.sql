-- Purpose: what moved a person's points, with where it came from. Rows: a person's. Index: primary keys.
SELECT p.at, p.kind, p.from_account, p.to_account, p.points, p.balance_after, p.lot_id, p.key, t.order_id, t.reference, t.note, t.actor
FROM loyalty_posting p JOIN loyalty_transfer t ON t.shop_id = p.shop_id AND t.key = p.key
WHERE p.shop_id = %(shop)s AND p.customer_id = ANY (%(ids)s) ORDER BY p.seq, p.line
