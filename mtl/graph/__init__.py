"""The sharing graph: components after ties, the calls between them, the rules that they keep, and drawings."""
