-- Events that changed nothing, for those who read the log behind commerce: what was refused as an order must not be
-- thanked for. A refund past what was left of its order is reported, too, and yet it counts.
-- security_invoker: row-level security holds for whoever reads the view.
CREATE INDEX commerce_rejected_event ON commerce_rejected (shop_id, event_seq);
CREATE VIEW commerce_without_effect WITH (security_invoker = true) AS
SELECT shop_id, event_seq FROM commerce_rejected WHERE reason <> 'refund_exceeds_order';
