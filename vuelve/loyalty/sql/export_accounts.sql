-- Purpose: a person's accounts. Rows: a few. Index: loyalty_account's primary key.
SELECT customer_id, unit, balance, pending, issued, redeemed, expired, withdrawn, adjusted, moved, active_at
FROM loyalty_account WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s) ORDER BY customer_id, unit
