-- Runs that failed are few, and somebody must look at those of late.
CREATE INDEX journeys_run_failed ON journeys_run (shop_id, ended_at) WHERE status = 4;
