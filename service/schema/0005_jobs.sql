-- Scheduled work: the tables of the jobs' library stand in a schema of their own (see service/migrations.py).

CREATE SCHEMA jobs;
