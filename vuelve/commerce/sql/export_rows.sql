-- Purpose: one person's rows of a table of this package, with the event that they came from where it is known.
-- Rows: tens to hundreds, streamed. Index: the table's primary key, by (shop_id, customer_id).
SELECT * FROM {table} WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s) ORDER BY {order}
