-- The stamp of the event that began the run: the run goes with it when customers are merged, and back when that is undone.
-- Null: the customer itself, of runs from before there were nodes.
ALTER TABLE journeys_run ADD COLUMN node_id bigint;
