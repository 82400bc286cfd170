"""The rules, pure: no clock, no randomness, no I/O. Time and state come in as arguments."""
