-- Purpose: the ids that are nobody's, under which the orders of erased customers stay. Rows: 1 an erasure. Index: none; few rows.
SELECT remains_id FROM customers_erasure WHERE shop_id = %(shop)s AND subject_ids && %(ids)s::bigint[]
