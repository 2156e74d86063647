-- Purpose: the customers that a bulk evaluation has found. Rows: up to all customers. Index: none.
CREATE TEMP TABLE IF NOT EXISTS segment_found (customer_id bigint NOT NULL)
