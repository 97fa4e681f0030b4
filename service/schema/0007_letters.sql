-- The templates that letters were printed with, so that a reprint is the same letter after the office has edited them.
-- Nothing personal stands in a template.

CREATE TABLE letter_templates (
    digest  text        PRIMARY KEY,
    name    text        NOT NULL,
    content bytea       NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
