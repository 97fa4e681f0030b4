"""The running service: storage, web, command line."""
