"""The first page of the back office: what was sold through agents, what waits, and why agents gave up."""
