"""Makes hospitals of any size, for tests of scale."""
