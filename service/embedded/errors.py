"""The one error of the embedded database."""


class DatabaseUnavailable(RuntimeError):
    """No database can be had on this data folder; the text says why and what helps, and holds no secret."""
