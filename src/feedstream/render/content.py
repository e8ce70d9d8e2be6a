"""The HTML of entries: what a reader of a feed sees, in tags that feed readers keep.

Bodies were sanitised before they became events and go in as they are; everything else is text
and is escaped here.
"""

import html
from collections.abc import Iterable

from feedstream.config import Site
from feedstream.domain.story import Correction, Notice, Story, Update
from feedstream.domain.when import When, format_when
from feedstream.markup import strip_control
from feedstream.render.dates import format_day
from feedstream.render.document import Article
from feedstream.render.urls import (
    correction_url,
    reinstatement_url,
    retraction_url,
    story_url,
    update_url,
)


def story_html(article: Article, site: Site) -> str:
    """The whole story: corrections, updates newest first (pinned ones above), report, credits.

    A retracted story is its notice and nothing else.
    """
    story = article.story
    if story.retracted:
        return retraction_html(article, story.retracted, site)
    parts = [correction_html(article, c, site) for c in story.corrections_in_order]
    parts += [_update_section(article, u, site) for u in story.updates_in_order]
    if story.updates:
        parts.append(_heading("Opening report"))
        parts.append(_dated(story.dated, story_url(site, article.slug), site))
    return _joined((*parts, _report(story), _credits(story)))


def opening_html(article: Article, site: Site) -> str:
    """The opening report alone, as it stands, below the corrections to it."""
    story = article.story
    if story.retracted:
        return retraction_html(article, story.retracted, site)
    notices = (correction_html(article, c, site) for c in corrections_to(story, None))
    return _joined((*notices, _report(story), _part_of(article, site), _credits(story)))


def update_html(article: Article, update: Update, site: Site) -> str:
    """One update alone, below the corrections to it."""
    story = article.story
    if story.retracted:
        return retraction_html(article, story.retracted, site)
    notices = (correction_html(article, c, site) for c in corrections_to(story, update.id))
    dated = _dated(update.dated, update_url(site, article.slug, update.id), site)
    body = _update_body(update)
    return _joined((*notices, dated, body, _part_of(article, site), _credits(story)))


def correction_html(article: Article, correction: Correction, site: Site) -> str:
    """The notice of a correction (what was said, what is right, why) or a clarification."""
    url = correction_url(site, article.slug, correction.id)
    dated = _dated(correction.dated, url, site)
    where = _corrected_part(article.story, correction)
    if correction.is_clarification:
        return _joined((_heading("Clarification"), dated, where, _paragraph(correction.text)))
    said = (("Was", correction.was), ("Now", correction.now), ("Why", correction.why))
    lines = (f"<p><strong>{name}:</strong> {_text(words)}</p>" for name, words in said)
    return _joined((_heading("Correction"), dated, where, *lines))


def retraction_html(
    article: Article, notice: Notice, site: Site, back: Notice | None = None
) -> str:
    """The notice that stands in place of a retracted story; `back` took it back."""
    url = retraction_url(site, article.slug)
    said = "This story has been retracted." if back is None else "This story was retracted."
    return _joined(
        (
            _heading("Retraction"),
            _dated(notice.dated, url, site),
            _paragraph(said),
            _reason(notice),
            reinstatement_html(article, back, site) if back else "",
        )
    )


def reinstatement_html(article: Article, notice: Notice, site: Site) -> str:
    """The notice that a retraction was taken back."""
    url = reinstatement_url(site, article.slug)
    return _joined(
        (
            _heading("Reinstatement"),
            _dated(notice.dated, url, site),
            _paragraph("The retraction of this story has been taken back."),
            _reason(notice),
        )
    )


def _reason(notice: Notice) -> str:
    return f"<p><strong>Reason:</strong> {_text(notice.reason)}</p>"


def corrections_to(story: Story, update: str | None) -> tuple[Correction, ...]:
    """The corrections to one update, or to the report itself (None), newest first."""
    return tuple(c for c in story.corrections_in_order if c.update == update)


def update_title(story: Story, update: Update, site: Site) -> str:
    """The headline of an update; one that has none is named after its day and its story."""
    return update.headline.strip() or f"Update, {format_day(update.dated, site)}: {story.headline}"


def _report(story: Story) -> str:
    return story.body or (_paragraph("This report was withheld.") if story.withheld else "")


def _update_section(article: Article, update: Update, site: Site) -> str:
    title = update.headline.strip() or "Update"
    dated = _dated(update.dated, update_url(site, article.slug, update.id), site)
    return _joined((_heading(title), dated, _update_body(update)))


def _update_body(update: Update) -> str:
    if update.withdrawn is None:
        return update.body
    return f"<p><strong>This update has been withdrawn:</strong> {_text(update.withdrawn)}</p>"


def _corrected_part(story: Story, correction: Correction) -> str:
    update = story.update(correction.update) if correction.update else None
    return _paragraph(f"To the update “{update.headline}”.") if update and update.headline else ""


def _part_of(article: Article, site: Site) -> str:
    url, headline = story_url(site, article.slug), article.story.headline or "the whole story"
    return f'<p>In the running story: <a href="{_text(url)}">{_text(headline)}</a></p>'


def _credits(story: Story) -> str:
    return f"<p><em>{_text(story.credit_line)}</em></p>" if story.credit_line else ""


def _dated(when: When | None, url: str, site: Site) -> str:
    if when is None:
        return ""
    time = f'<time datetime="{format_when(when)}">{format_day(when, site)}</time>'
    return f'<p><a href="{_text(url)}">{time}</a></p>'


def _heading(text: str) -> str:
    return f"<h2>{_text(text)}</h2>"


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _text(text: str) -> str:
    return html.escape(" ".join(strip_control(text).split()))


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
