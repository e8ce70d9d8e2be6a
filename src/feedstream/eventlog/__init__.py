"""The record: an append-only, ordered, durable log of events, and its stores.

`base` says what a log is, `open` opens one, `memory` and `sqlite` are the stores, `codec` turns
events into stored bytes and back, `cloudevents` into CloudEvents lines, `transfer` moves whole logs.
"""
