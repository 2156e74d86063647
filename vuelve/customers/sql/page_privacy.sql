-- Purpose: one page of what people asked for about their data, newest first. Rows: PAGE_ROWS + 1.
-- Index: the primary keys, read from the newest; requests are few.
SELECT * FROM (
    SELECT 'erasure' AS kind, id, subject_id, state, requested_by, requested_at, finished_at,
           coalesce((verification->>'is_clean')::boolean, true) AS is_clean
    FROM customers_erasure WHERE shop_id = %(shop)s
    UNION ALL
    SELECT 'export', id, subject_id, CASE WHEN downloaded_at IS NULL THEN 'requested' ELSE 'finished' END, requested_by,
           requested_at, downloaded_at, true
    FROM customers_disclosure WHERE shop_id = %(shop)s
) r
WHERE %(at)s::timestamptz IS NULL OR (requested_at, kind, id) < (%(at)s, %(kind)s, %(id)s)
ORDER BY requested_at DESC, kind DESC, id DESC
LIMIT %(rows)s
