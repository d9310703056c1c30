"""Explanations: what was heard in a recording, and what moved the decisions on it."""
