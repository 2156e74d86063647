-- Purpose: the segments that a person is in. Rows: some. Index: primary key of segments_member.
SELECT s.name AS segment, s.kind, m.entered_at FROM segments_member m
JOIN segments_segment s ON s.shop_id = m.shop_id AND s.id = m.segment_id
WHERE m.shop_id = %(shop)s AND m.customer_id = ANY (%(ids)s::bigint[])
ORDER BY s.name
