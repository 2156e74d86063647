-- Purpose: every column of the schema that holds customers' ids. Rows: tens. Index: the catalogue's.
SELECT c.relname, a.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
  AND a.attname = ANY (%(names)s)
  AND EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = c.oid AND s.attname = 'shop_id' AND NOT s.attisdropped)
ORDER BY c.relname, a.attname
