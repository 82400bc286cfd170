"""A whole hospital day on one event heap: nothing steps, everything happens when it is due."""
