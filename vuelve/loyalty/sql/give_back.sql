-- Purpose: give back what one transfer took. Rows: one. Index: primary keys of the ledger, loyalty_lot_id.
SELECT o_outcome, o_seq, o_points, o_balance
FROM loyalty_return(%(shop)s::bigint, %(of)s::text, %(key)s::text, %(note)s::text, %(actor)s::text, %(event)s::text,
                    %(days)s::integer, %(now)s::timestamptz)
