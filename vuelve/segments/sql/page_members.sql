-- Purpose: a page of a segment's members by id. Rows: up to PAGE_ROWS. Index: segments_member_of, then the primary key.
SELECT customer_id, entered_at FROM segments_member
WHERE shop_id = %(shop)s AND segment_id = %(segment)s AND customer_id > %(after)s
ORDER BY customer_id LIMIT %(rows)s
