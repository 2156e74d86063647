-- Purpose: what must not be in a finished demo, counted. Rows: 1. Reads: full scans; asked once.
SELECT
    (SELECT count(*) FROM commerce_order o WHERE o.shop_id = %(shop)s AND NOT o.historical
        AND NOT EXISTS (SELECT FROM journeys_run r WHERE r.shop_id = o.shop_id AND r.customer_id = o.customer_id
            AND r.journey_id = %(thank_you)s AND r.entry_key = o.order_id)) AS live_orders_without_thanks,
    (SELECT count(*) FROM journeys_run r JOIN commerce_order o ON o.shop_id = r.shop_id AND o.customer_id = r.customer_id AND o.order_id = r.entry_key
        WHERE r.shop_id = %(shop)s AND o.historical) AS runs_of_history,
    (SELECT count(*) FROM journeys_run WHERE shop_id = %(shop)s AND status = 4) AS failed_runs,
    (SELECT count(*) FROM journeys_run WHERE shop_id = %(shop)s AND status = 0 AND wake_at <= %(now)s) AS overdue_runs,
    (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s AND status = 'queued' AND due_at <= %(now)s) AS overdue_messages,
    (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s
        AND status IN ('sending', 'unknown', 'failed', 'bounced')) AS messages_not_sent,
    (SELECT count(*) FROM commerce_rejected WHERE shop_id = %(shop)s) AS rejected_events,
    (SELECT count(*) FROM events_quarantine WHERE shop_id = %(shop)s) AS quarantined_events
