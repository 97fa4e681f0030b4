"""Pages: the same desk and commands as the API, as HTML that works without JavaScript."""
