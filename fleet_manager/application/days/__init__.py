"""Hospital days as data: what a scenario says, and what came of a simulated day."""
