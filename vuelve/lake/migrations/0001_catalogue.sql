-- The catalogue of the Iceberg tables, as pyiceberg's SqlCatalog wants it: which metadata file is a table's newest. Moving
-- that pointer is the commit.
CREATE TABLE iceberg_tables (
    catalog_name               varchar(255) NOT NULL,
    table_namespace            varchar(255) NOT NULL,
    table_name                 varchar(255) NOT NULL,
    metadata_location          varchar(1000),
    previous_metadata_location varchar(1000),
    iceberg_type               varchar(5),
    PRIMARY KEY (catalog_name, table_namespace, table_name)
);
CREATE TABLE iceberg_namespace_properties (
    catalog_name   varchar(255)  NOT NULL,
    namespace      varchar(255)  NOT NULL,
    property_key   varchar(255)  NOT NULL,
    property_value varchar(1000) NOT NULL,
    PRIMARY KEY (catalog_name, namespace, property_key)
);
REVOKE INSERT, UPDATE, DELETE ON iceberg_tables, iceberg_namespace_properties FROM vuelve_web;

-- Typed columns of event properties: one a property and type, for all shops, learned from what arrives. `conflicts`: events
-- whose value is of another type than the one that was seen first; such a value has a column of its own.
CREATE TABLE lake_property (
    property   text COLLATE "C" NOT NULL,
    value_type text COLLATE "C" NOT NULL CHECK (value_type IN ('text', 'whole', 'decimal', 'boolean', 'json',
                                                       'texts', 'wholes', 'decimals', 'booleans')),
    column_name text COLLATE "C" NOT NULL UNIQUE,
    is_first   boolean NOT NULL,
    events     bigint  NOT NULL DEFAULT 0,
    learned_at timestamptz NOT NULL,
    PRIMARY KEY (property, value_type)
);
REVOKE INSERT, UPDATE, DELETE ON lake_property FROM vuelve_web;

-- How the flusher is: one row. What is wrong stands here until it is right again.
CREATE TABLE lake_state (
    id            boolean PRIMARY KEY DEFAULT true CHECK (id),
    failing_since timestamptz,
    error         text NOT NULL DEFAULT '',
    tried_at      timestamptz,
    flushed_at    timestamptz,
    flushed_seq   bigint NOT NULL DEFAULT 0,   -- the newest event of the last flush: a hint of how much waits, not the cursor
    compacted_at  timestamptz,
    whole_at      timestamptz              -- when all rows were last copied, whether an event told of them or not
);
INSERT INTO lake_state DEFAULT VALUES;
REVOKE INSERT, UPDATE, DELETE ON lake_state FROM vuelve_web;
