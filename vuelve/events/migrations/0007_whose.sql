-- A row is in the index of customers once it is known whose it is. Before, each event was in it twice: as nobody's when it
-- came, as its customer's when it was stamped, and the first entry stayed until a vacuum.
-- Built while writers wait: before the first release no log is so large that it takes long.
CREATE INDEX events_event_whose ON events_event (shop_id, customer_id, occurred_at) WHERE customer_id IS NOT NULL;
DROP INDEX events_event_customer;
ALTER INDEX events_event_whose RENAME TO events_event_customer;
