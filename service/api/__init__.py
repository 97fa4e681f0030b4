"""The JSON interface under /api/v1, and what operators ask: health, readiness, metrics."""
