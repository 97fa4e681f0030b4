-- Secrets of access, outside the events; and who read whose personal data.

CREATE TABLE tokens (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    staff      text        NOT NULL,
    hash       bytea       NOT NULL UNIQUE,  -- SHA-256 of the token, which is 256 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE INDEX tokens_staff ON tokens (staff);

CREATE TABLE personal_reads (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at      timestamptz NOT NULL,
    staff        text        NOT NULL,
    role         text        NOT NULL,
    unit         text,
    on_behalf_of text,
    number       text        NOT NULL,
    request_id   text        NOT NULL
);

CREATE INDEX personal_reads_number ON personal_reads (number, id);
CREATE INDEX personal_reads_staff ON personal_reads (staff, id);

COMMENT ON TABLE personal_reads IS 'Every reading of personal data of a file, for the committee. Append-only.';

CREATE FUNCTION personal_reads_stand() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'personal_reads is append-only'; END $$;

CREATE TRIGGER personal_reads_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON personal_reads
    FOR EACH STATEMENT EXECUTE FUNCTION personal_reads_stand();
