"""A hospital in virtual time: robots, lifts, doors and people that run the real kernel."""
