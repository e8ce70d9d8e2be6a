"""The W3C's feed validator in a process of its own: `python validator_worker.py SRC`.

Each line of input is `{"content": …, "base": …}`: a document, and the address that it was fetched
from. Each line of output is the list of its complaints, `{"level", "name", "line", "about"}`.
Nothing is fetched. It runs on the Python that has what the validator needs, without this package.
"""

import json
import sys
import warnings
from typing import Any


def complaints(validator: Any, document: dict[str, str]) -> list[dict[str, Any]]:
    from feedvalidator.logging import Error, Warning  # the validator's names

    told = validator.validateString(
        document["content"].encode(), firstOccurrenceOnly=1, base=document["base"]
    )["loggedEvents"]
    levels = (("error", Error), ("warning", Warning))
    return [
        {
            "level": level,
            "name": type(one).__name__,
            "line": one.params.get("line"),
            "about": {key: str(one.params[key])[:200] for key in sorted(one.params)},
        }
        for one in told
        for level, kind in levels
        if isinstance(one, kind)
    ]


def main() -> None:
    warnings.simplefilter("ignore")  # its own, about a Python to come
    sys.path.insert(0, sys.argv[1])
    import feedvalidator

    for line in sys.stdin:
        sys.stdout.write(json.dumps(complaints(feedvalidator, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
