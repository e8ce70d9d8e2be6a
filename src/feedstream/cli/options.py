"""Options and arguments that several commands share."""

from typing import Annotated

import typer

MOST = 1_000_000
"""The greatest number of things that may be asked for."""

Json = Annotated[bool, typer.Option("--json", help="JSON lines, for machines.")]
StoryRef = Annotated[
    str, typer.Argument(metavar="STORY", help="A slug, an id, or the end of an id.")
]
UpdateRef = Annotated[str, typer.Argument(metavar="UPDATE", help="An id, or the end of one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the change.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Date = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="DATE",
        help="The newsroom's own date: 2021-12-06, or an instant with its zone. [default: now]",
    ),
]
IfRevision = Annotated[
    int | None,
    typer.Option("--if-revision", metavar="N", help="Only if the story is at this revision."),
]
Minor = Annotated[bool, typer.Option("--minor", help="A typo: readers are not told.")]
Body = Annotated[str | None, typer.Option("--body", metavar="TEXT", help="The text itself.")]
File = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="FILE", help="A file with the text; “-” is stdin."),
]
Markdown = Annotated[bool, typer.Option("--markdown", help="The text is Markdown.")]
Html = Annotated[bool, typer.Option("--html", help="The text is HTML; it is sanitised.")]
