"""How fast, and at what cost: `python -m tests.bench` starts the stack, loads it and prints figures.

A benchmark, not a test: nothing here passes or fails.
"""
