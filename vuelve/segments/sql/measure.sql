-- Purpose: how large segments are now: on the segment, and as the size of today in the shop's zone. Rows: segments.
-- Index: segments_member_of, the index alone.
WITH counted AS (
    SELECT s.id, (SELECT count(*) FROM segments_member m WHERE m.shop_id = %(shop)s AND m.segment_id = s.id) AS size
    FROM unnest(%(segments)s::bigint[]) AS s (id)
), noted AS (
    INSERT INTO segments_size (shop_id, segment_id, day, size)
    SELECT %(shop)s, c.id, (%(now)s::timestamptz AT TIME ZONE p.time_zone)::date, c.size
    FROM counted c JOIN shops_shop p ON p.id = %(shop)s ORDER BY c.id
    ON CONFLICT (shop_id, segment_id, day) DO UPDATE SET size = EXCLUDED.size
), kept AS (
    UPDATE segments_segment s SET size = c.size FROM counted c WHERE s.id = c.id AND s.size <> c.size
)
SELECT id, size FROM counted
