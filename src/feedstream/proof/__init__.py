"""Signed checkpoints of the log, the keys that sign them, and proofs that anybody can check.

`note` and `checkpoint` read and write the C2SP formats with the Ed25519 keys of `signing`;
`keylist` says which key counted for which sizes; `keys` keeps the private ones in their folder;
`publisher` signs the log's head; `prover` makes proofs, `bundle` is their JSON, `verifying` checks
them.
"""
