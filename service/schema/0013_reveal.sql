-- The committee reads masked data; where it reveals a file's personal data, it says why.

ALTER TABLE personal_reads ADD COLUMN ground text, ADD COLUMN note text;

COMMENT ON COLUMN personal_reads.ground IS 'Why the committee revealed it; NULL for those who work on the file.';
