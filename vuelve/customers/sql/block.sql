-- Purpose: the hashes by which an erased person is known; one erased before is as of now. Rows: a few.
-- Index: customers_erased's primary key.
INSERT INTO customers_erased AS e (shop_id, hash, kind, erasure_id, remains_id, erased_at)
SELECT %(shop)s, h.hash, h.kind, %(erasure)s, %(remains)s, %(now)s
FROM unnest(%(hashes)s::text[], %(kinds)s::smallint[]) AS h (hash, kind)
ON CONFLICT (shop_id, hash) DO UPDATE
SET erasure_id = excluded.erasure_id, remains_id = excluded.remains_id, erased_at = excluded.erased_at, reopened_at = NULL
WHERE e.erasure_id <> excluded.erasure_id
