"""Which robot serves which delivery, and where the others stand meanwhile."""
