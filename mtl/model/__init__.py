"""The base classes of modules, and the joint network: each component once."""
