-- How far each projection has taken the log: one row per set of tables, the live one and the one being rebuilt.

CREATE SCHEMA runner;

CREATE TABLE runner.projections (
    name           text        NOT NULL,
    generation     text        NOT NULL CHECK (generation IN ('live', 'next')),
    version        integer     NOT NULL,
    position       bigint      NOT NULL,
    state          text        NOT NULL CHECK (state IN ('running', 'stopped')),
    error_code     text,
    error_position bigint,
    error_topic    text,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, generation)
) WITH (fillfactor = 20);

COMMENT ON TABLE runner.projections IS 'A row moves in the transaction that writes the projection''s tables, or not at all.';
