-- The ledger's desk: filters that members of staff saved under a name, and who took which part of the ledger out.

CREATE TABLE saved_views (
    staff    text        NOT NULL,
    name     text        NOT NULL,
    asked    jsonb       NOT NULL,  -- the address's own parameters: filters, order, columns
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (staff, name)
);

CREATE TABLE ledger_exports (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken_at   timestamptz NOT NULL,
    staff      text        NOT NULL,
    kind       text        NOT NULL,  -- xlsx, csv
    asked      jsonb       NOT NULL,
    files      integer     NOT NULL,
    complete   boolean     NOT NULL,  -- false where there were more than one export takes
    request_id text        NOT NULL
);

CREATE INDEX ledger_exports_staff ON ledger_exports (staff, id);

COMMENT ON TABLE ledger_exports IS 'Every export of the ledger, for the committee. Append-only.';

CREATE FUNCTION ledger_exports_stand() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'ledger_exports is append-only'; END $$;

CREATE TRIGGER ledger_exports_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_exports
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_exports_stand();
