"""What a reader may see of a story: the one place where an answer over HTTP decides it."""

from starlette.exceptions import HTTPException

from feedstream.projections.views import StoryRow

REMOVED = "This story was removed."


def check_shown(row: StoryRow | None, unknown: str) -> StoryRow:
    """`row`, where it may be shown.

    Raises 404 with `unknown` for a story that does not exist, is under embargo, or was killed
    before anybody saw it: nothing tells those apart. Raises 410, or 451 after a legal order, for
    one that was killed later.
    """
    if row is None or row.story.published is None:
        raise HTTPException(404, unknown)
    if row.story.killed:
        raise HTTPException(451 if row.story.killed.legal else 410, REMOVED)
    if not row.story.is_public:
        raise HTTPException(404, unknown)
    return row
