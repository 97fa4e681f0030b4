"""PostgreSQL as a child process, for an office without a database server.

The data folder holds `postgres/` (the cluster), `postgres.log`, and the lock files of whoever starts or uses it.
The server listens on a private Unix socket only and goes when the process that started it goes, however it goes.

`start` is for the one long-lived owner of a data folder; `database` is for a command that needs a database for
a while: it joins a running server or starts one; `find_running` only looks.
"""

from service.embedded.errors import DatabaseUnavailable
from service.embedded.server import RunningPostgres, database, find_running, start

__all__ = ["DatabaseUnavailable", "RunningPostgres", "database", "find_running", "start"]
