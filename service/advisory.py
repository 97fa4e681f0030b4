"""The numbers of the database's advisory locks, all in one place so that no two share one.

Frozen: all processes on one database must agree on them.
"""

FIRST = 4_859_230_917

LOG_LOCK, MIGRATION_LOCK, LEADER_LOCK, SWAP_LOCK, TICK_LOCK = range(FIRST, FIRST + 5)
"""Held by whoever appends to the log; by whoever changes the schema; by the process that runs the projections; by who
swaps rebuilt tables in, and shared by a reader that must see one set of them over several statements; by the tick."""

REBUILD_LOCKS = 485_923
"""First half of the two-part lock on a projection's rebuild; the second is a hash of its name."""
