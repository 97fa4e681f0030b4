"""The petition: its events, its state, the table of stages, and one command class per step a person can take."""
