-- Purpose: every column of the schema that holds customers' ids, and whether an index of the shop's leads with it.
-- Rows: tens. Index: the catalogue's.
SELECT c.relname, a.attname, EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = c.oid AND i.indpred IS NULL AND i.indkey[0] = s.attnum AND i.indkey[1] = a.attnum
)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'shop_id' AND NOT s.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
  AND a.attname = ANY (%(names)s)
ORDER BY c.relname, a.attname
