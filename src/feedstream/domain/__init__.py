"""The rules of the newsroom: pure values and functions, no I/O, clock or randomness."""
