-- Purpose: what commerce has refused did not happen: it begins no run, ends none and matches nobody.
-- Rows: few; one range of a shop's refusals a batch. Index: commerce_rejected_event.
DELETE FROM pg_temp.event_batch e
USING (SELECT shop_id, min(seq) AS first, max(seq) AS last FROM pg_temp.event_batch GROUP BY shop_id) b
JOIN commerce_without_effect w ON w.shop_id = b.shop_id AND w.event_seq BETWEEN b.first AND b.last
WHERE e.shop_id = w.shop_id AND e.seq = w.event_seq
