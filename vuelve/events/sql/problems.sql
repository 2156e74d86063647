-- Purpose: what needs a person in what comes in. Rows: one.
-- What Vuelve records itself (%(own)s) is no sign of life: journeys go on sending when a store has fallen silent.
-- Index: primary key of events_quarantine; events_rejected by its shop (10,000 at most); events_schema_hour_age; the rest are few.
SELECT (SELECT count(*) FROM events_quarantine WHERE shop_id = %(shop)s),
       (SELECT min(quarantined_at) FROM events_quarantine WHERE shop_id = %(shop)s),
       (SELECT count(*) FROM events_rejected WHERE shop_id = %(shop)s AND received_at >= %(day)s),
       (SELECT coalesce(sum(events), 0)::bigint FROM events_schema_hour WHERE shop_id = %(shop)s AND hour >= %(day)s - interval '1 hour' AND name <> ALL (%(own)s)),
       (SELECT coalesce(sum(events), 0)::bigint FROM events_schema_hour
        WHERE shop_id = %(shop)s AND hour >= %(week)s AND hour < %(day)s - interval '1 hour' AND name <> ALL (%(own)s)),
       (SELECT max(last_at) FROM events_schema WHERE shop_id = %(shop)s AND name <> ALL (%(own)s)),
       (SELECT count(*) FROM events_import WHERE shop_id = %(shop)s AND status = 'failed' AND created_at >= %(imports)s),
       (SELECT count(*) FROM events_store WHERE shop_id = %(shop)s AND state = 'refused')
