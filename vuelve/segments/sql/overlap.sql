-- Purpose: how many customers two segments have apart and in common. Rows: 1. Index: segments_member_of, read in order.
SELECT count(*) FILTER (WHERE b.customer_id IS NULL), count(*) FILTER (WHERE a.customer_id = b.customer_id),
       count(*) FILTER (WHERE a.customer_id IS NULL)
FROM (SELECT customer_id FROM segments_member WHERE shop_id = %(shop)s AND segment_id = %(first)s) a
FULL JOIN (SELECT customer_id FROM segments_member WHERE shop_id = %(shop)s AND segment_id = %(second)s) b USING (customer_id)
