"""What may enter the log from a file: bodies as this system itself would have made them."""

from feedstream import markup
from feedstream.domain import events as e


def objection(event: e.Event) -> str | None:
    """Why an event may not come in: a sentence, or None where it may."""
    bodies = [getattr(event, "body", None)]
    if isinstance(event, e.WireReceived | e.WireRevised):
        bodies.append(event.item.body)
    return next((found for body in bodies if body and (found := markup.objection(body))), None)
