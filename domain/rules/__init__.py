"""What a rulebook is made of: its tables, the content that answers questions, the checks, the reading from TOML."""
