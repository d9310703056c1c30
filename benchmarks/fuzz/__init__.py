"""Fuzzing with damaged input, which may only give results or clean errors."""
