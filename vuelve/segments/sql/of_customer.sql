-- Purpose: the segments that a customer is in, by name. Rows: some. Index: primary key of segments_member.
SELECT s.id, s.name, m.entered_at FROM segments_member m
JOIN segments_segment s ON s.shop_id = m.shop_id AND s.id = m.segment_id AND s.archived_at IS NULL
WHERE m.shop_id = %(shop)s AND m.customer_id = %(customer)s
ORDER BY s.name
