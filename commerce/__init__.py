"""The project and its domain. Knows no HTTP framework, no protocol and no language model."""
