"""The database: journal, state tables and accounts, on SQLite or PostgreSQL."""
