"""Every figure the README quotes: `python -m benchmarks`, or `make bench`.

Each benchmark is a module with `run(quick) -> list[Figure]`; its docstring says what exactly is
measured and how. They start the real product and end every process they started.
"""
