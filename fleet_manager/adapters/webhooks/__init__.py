"""Sending events to other systems over HTTPS."""
