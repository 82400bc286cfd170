"""Use cases, one module a verb, and the kernel: the single writer."""
