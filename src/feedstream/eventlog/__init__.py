"""The record: an append-only, ordered, durable log of events, and its stores.

`base` says what a log is; `memory` and `sqlite` are the stores, which share the rules of `placing`
and the reads of `reading`. `codec` turns events into stored bytes and back, `cloudevents` into
lines of CloudEvents; `transfer` moves whole logs. `merkle` binds the events to each other,
`verify` shows that they are still those that were recorded, `erasing` takes away what must go.
"""
