"""Alerts: one a condition, raised when it begins, cleared when it ends."""
