-- An identifier has a node of its own, or an owner. A worker from before there were nodes cannot write one any more: it
-- waits for its successor instead of leaving identifiers that count for nobody.
ALTER TABLE customers_identifier
    ADD CONSTRAINT customers_identifier_is_somebodys CHECK (node_id IS NOT NULL OR owner_id IS NOT NULL) NOT VALID;
ALTER TABLE customers_identifier VALIDATE CONSTRAINT customers_identifier_is_somebodys;
