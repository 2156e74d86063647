-- Purpose: who was merged into one that is merged now follows it: no alias of an alias.
-- Rows: few. Index: customers_alias_canonical.
UPDATE customers_alias a SET canonical_id = m.into_id
FROM pg_temp.customers_merging m
WHERE a.shop_id = m.shop_id AND a.canonical_id = m.from_id
