"""Hospitals as folders of files."""
