-- Purpose: since when erased people are with the shop again. Rows: a few identifiers each. Index: customers_erased_erasure
-- is by shop; the few erasures of a batch are found by their numbers, which are the installation's.
UPDATE customers_erased e SET reopened_at = r.at
FROM unnest(%(erasures)s::bigint[], %(times)s::timestamptz[]) AS r (erasure_id, at)
WHERE e.erasure_id = r.erasure_id AND e.erased_at < r.at AND (e.reopened_at IS NULL OR e.reopened_at > r.at)
