-- Purpose: lots whose moment has come. Rows: up to LOTS_PER_TICK. Index: loyalty_lot_due.
-- Two workers at once find the same ones; the accounts' locks put them in line, and the second finds nothing left to do.
INSERT INTO pg_temp.loyalty_due_in (shop_id, customer_id, lot_id)
SELECT shop_id, customer_id, id FROM loyalty_lot
WHERE due_at <= %(now)s
ORDER BY due_at LIMIT %(rows)s
