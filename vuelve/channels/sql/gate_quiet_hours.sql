-- Purpose: note each message's time zone, and delay promotions while it is quiet there. Rows: a batch.
UPDATE pg_temp.gate_batch b
SET time_zone = z.zone,
    verdict = CASE WHEN b.verdict IS NULL AND b.purpose <> 'transactional' AND z.until IS NOT NULL THEN 'delayed' ELSE b.verdict END,
    reason = CASE WHEN b.verdict IS NULL AND b.purpose <> 'transactional' AND z.until IS NOT NULL THEN %(reason)s ELSE b.reason END,
    until = CASE WHEN b.verdict IS NULL AND b.purpose <> 'transactional' THEN z.until ELSE b.until END
FROM unnest(%(own)s::text[], %(shops)s::text[], %(zones)s::text[], %(until)s::timestamptz[]) AS z (own, shop_zone, zone, until)
WHERE z.own IS NOT DISTINCT FROM b.time_zone AND z.shop_zone = b.shop_time_zone
