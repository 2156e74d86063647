-- Purpose: where the shipments of a batch are now, from all that was said about them: the milestone is the furthest,
-- the rest that of the newest event that names it.
-- Rows: the distinct shipments of a batch, some ten checkpoints each.
-- Index: primary keys of commerce_shipment_checkpoint and commerce_shipment. ORDER BY against deadlocks.
INSERT INTO commerce_shipment AS s (shop_id, customer_id, node_id, order_id, shipment_id, milestone, status, carrier,
    tracking_number, tracking_url, eta_date, message, items, delivered_at, pickup_at, failed_attempts, problem, problem_at,
    updated_at)
SELECT shop_id, customer_id, node_id, order_id, shipment_id, milestone, status, carrier, tracking_number, tracking_url,
       eta_date, message, items, delivered_at, pickup_at, failed_attempts,
       CASE WHEN is_problem THEN status END, CASE WHEN is_problem THEN at END, at
FROM (
    SELECT w.shop_id, w.customer_id, w.node_id, w.order_id, w.shipment_id, c.*,
           c.milestone < 5 AND c.status IN ('attempt_failed', 'exception', 'expired') AS is_problem
    FROM (
        SELECT DISTINCT shop_id, customer_id, node_id, order_id, shipment_id
        FROM pg_temp.commerce_shipment_in WHERE reason IS NULL
    ) w
    CROSS JOIN LATERAL (
        SELECT max(milestone) AS milestone, max(said_at) AS at,
               (array_agg(status ORDER BY said_at DESC, message_id DESC))[1] AS status,
               (array_agg(carrier ORDER BY said_at DESC, message_id DESC) FILTER (WHERE carrier IS NOT NULL))[1] AS carrier,
               (array_agg(tracking_number ORDER BY said_at DESC, message_id DESC)
                    FILTER (WHERE tracking_number IS NOT NULL))[1] AS tracking_number,
               (array_agg(tracking_url ORDER BY said_at DESC, message_id DESC)
                    FILTER (WHERE tracking_url IS NOT NULL))[1] AS tracking_url,
               (array_agg(eta_date ORDER BY said_at DESC, message_id DESC) FILTER (WHERE eta_date IS NOT NULL))[1] AS eta_date,
               (array_agg(message ORDER BY said_at DESC, message_id DESC) FILTER (WHERE message IS NOT NULL))[1] AS message,
               (array_agg(items ORDER BY said_at DESC, message_id DESC) FILTER (WHERE items IS NOT NULL))[1] AS items,
               min(said_at) FILTER (WHERE milestone = 5) AS delivered_at,
               min(said_at) FILTER (WHERE status = 'pickup_ready') AS pickup_at,
               least(count(*) FILTER (WHERE status = 'attempt_failed'), 1000)::smallint AS failed_attempts
        FROM commerce_shipment_checkpoint p
        WHERE p.shop_id = w.shop_id AND p.customer_id = w.customer_id AND p.order_id = w.order_id
          AND p.shipment_id = w.shipment_id
    ) c
) AS n
ORDER BY shop_id, customer_id, order_id, shipment_id
ON CONFLICT (shop_id, customer_id, order_id, shipment_id) DO UPDATE SET
    milestone = excluded.milestone, status = excluded.status, carrier = excluded.carrier,
    tracking_number = excluded.tracking_number, tracking_url = excluded.tracking_url, eta_date = excluded.eta_date,
    message = excluded.message, items = excluded.items, delivered_at = excluded.delivered_at, pickup_at = excluded.pickup_at,
    failed_attempts = excluded.failed_attempts, problem = excluded.problem, problem_at = excluded.problem_at,
    updated_at = excluded.updated_at
