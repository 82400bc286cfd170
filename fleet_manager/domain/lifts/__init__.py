"""Lifts: one exclusive session a ride, with a queue, a lease and an outcome for each wait."""
