"""The read model: what the log adds up to now, in a SQLite file that can be rebuilt at any time.

`views` reads it, `apply` writes it event by event with the checkpoint in the same transaction,
`runner` feeds it from the log.
"""
