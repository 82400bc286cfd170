"""Robots: what they may be believed, how far their battery goes, where they are."""
