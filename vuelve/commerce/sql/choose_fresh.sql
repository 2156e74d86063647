-- Purpose: as `choose_contents`, for the batches that most are: new orders and nothing else that says what is in them.
-- Rows: up to CONSUMER_BATCH_ROWS. No index.
UPDATE pg_temp.commerce_order_in h SET is_content = true, is_new = true
FROM pg_temp.commerce_touch t
WHERE h.reason IS NULL AND t.claim_rank = 1 AND t.event_seq = h.seq
