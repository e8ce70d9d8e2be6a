"""`story`: publish, edit, tag, rename, correct, clarify, credit."""

from typing import Annotated

import typer

from feedstream.bootstrap import App
from feedstream.cli import options as o
from feedstream.cli.bodies import read_body
from feedstream.cli.changes import change, execute, tell
from feedstream.cli.context import find_update, instant, when, writing
from feedstream.cli.media import MediaOption, NoMedia, media_change, media_of
from feedstream.cli.output import examples
from feedstream.domain import commands as c
from feedstream.domain.story import Story
from feedstream.errors import Invalid
from feedstream.newsroom import Outcome

app = typer.Typer(
    no_args_is_help=True, help="Publish stories, change them, and look at them as they are or were."
)
credit_app = typer.Typer(no_args_is_help=True, help="Whom a story owes something to.")
app.add_typer(credit_app, name="credit")

Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be repeated.")]
Authors = Annotated[list[str] | None, typer.Option("--author", help="An author; may be repeated.")]


@app.command(
    epilog=examples(
        "feedstream story publish --headline “Leaders agree to meet” --file report.md"
        " --section World --tag Diplomacy",
        "echo “Talks begin at noon.” | feedstream story publish --headline “Talks begin”"
        " --embargo 2030-01-01T12:00:00Z",
        "feedstream story publish --headline “The bridge opens” --file report.md --media"
        " “https://example.org/bridge.jpg;width=1200;height=800;length=183201;title=The bridge”",
    )
)
def publish(
    context: typer.Context,
    headline: Annotated[str, typer.Option("--headline", help="The headline.")],
    body: o.Body = None,
    file: o.File = None,
    markdown: o.Markdown = False,
    html: o.Html = False,
    slug: Annotated[str, typer.Option(help="Its address. [default: from the headline]")] = "",
    summary: Annotated[str, typer.Option(help="One or two sentences.")] = "",
    section: Annotated[str, typer.Option(help="Its section.")] = "",
    tag: Tags = None,
    author: Authors = None,
    media: MediaOption = None,
    language: Annotated[str, typer.Option(help="If not the site's: en, pt-BR.")] = "",
    date: o.Date = None,
    embargo: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Invisible until then.")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Begin a story. The text comes from --body, a file, or standard input.

    Text is plain unless the file's name ends in .md or .html, or an option says so.
    """
    dated, until = when(date, "--date"), instant(embargo, "--embargo")
    files = media_of(media)
    text = read_body(body, file, markdown=markdown, html=html, required=True) or ""

    async def work(newsroom: App, actor: str) -> tuple[Outcome, str]:
        command = newsroom.newsroom.begin(
            headline=headline,
            body=text,
            slug=slug,
            effective=dated,
            summary=summary,
            section=section,
            tags=tuple(tag or ()),
            authors=tuple(author or ()),
            language=language,
            embargo_until=until,
            media=files,
        )
        return await execute(newsroom, [command], actor)

    done = "Published" if until is None else "Held under embargo"
    tell(*writing(context, work), done=done, as_json=as_json)


@app.command(
    epilog=examples(
        "feedstream story edit leaders-agree-to-meet --file report.md --note “names spelt out”",
        "feedstream story edit leaders-agree-to-meet --headline “Leaders to meet” --if-revision 4",
    )
)
def edit(
    context: typer.Context,
    story: o.StoryRef,
    headline: Annotated[str | None, typer.Option(help="Another headline.")] = None,
    body: o.Body = None,
    file: o.File = None,
    markdown: o.Markdown = False,
    html: o.Html = False,
    summary: Annotated[str | None, typer.Option(help="Another summary.")] = None,
    section: Annotated[str | None, typer.Option(help="Another section.")] = None,
    author: Authors = None,
    tag: Tags = None,
    media: MediaOption = None,
    no_media: NoMedia = False,
    language: Annotated[str | None, typer.Option(help="Another language.")] = None,
    slug: Annotated[
        str | None, typer.Option(help="Another address; the old one redirects.")
    ] = None,
    date: o.Date = None,
    minor: o.Minor = False,
    note: Annotated[str, typer.Option(help="What was changed, for the history.")] = "",
    if_revision: o.IfRevision = None,
    as_json: o.Json = False,
) -> None:
    """Change the report itself; what is not given stays. Tags are added, media replaced.

    For what was wrong and is put right, use “story correct”: readers are told.
    """
    dated, files = when(date, "--date"), media_change(media, no_media)
    text = read_body(body, file, markdown=markdown, html=html, required=False)

    def make(newsroom: App, found: Story) -> list[c.Command]:
        at = newsroom.newsroom.clock()
        commands: list[c.Command] = [
            c.EditStory(
                story=found.id,
                at=at,
                effective=dated,
                headline=headline,
                body=text,
                summary=summary,
                section=section,
                authors=tuple(author) if author else None,
                media=files,
                language=language,
                minor=minor,
                note=note,
                if_revision=if_revision,
            )
        ]
        if tag:
            commands.append(c.TagStory(story=found.id, at=at, add=tuple(tag)))
        if slug is not None:
            commands.append(c.ChangeSlug(story=found.id, at=at, slug=slug))
        return commands

    change(context, story, make, done="Edited", as_json=as_json)


@app.command(epilog=examples("feedstream story tag leaders-agree-to-meet --add Summit --remove EU"))
def tag(
    context: typer.Context,
    story: o.StoryRef,
    add: Annotated[list[str] | None, typer.Option(help="A tag to add; may be repeated.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="A tag to remove; may be repeated.")
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Add and remove tags."""
    if not add and not remove:
        raise Invalid("Give at least one --add or --remove.")
    change(
        context,
        story,
        lambda newsroom, found: c.TagStory(
            story=found.id,
            at=newsroom.newsroom.clock(),
            add=tuple(add or ()),
            remove=tuple(remove or ()),
        ),
        done="Tagged",
        as_json=as_json,
    )


@app.command(epilog=examples("feedstream story rename leaders-agree-to-meet leaders-meet"))
def rename(
    context: typer.Context,
    story: o.StoryRef,
    slug: Annotated[str, typer.Argument(help="The new slug.")],
    as_json: o.Json = False,
) -> None:
    """Give a story another address; the old one redirects for ever."""
    change(
        context,
        story,
        lambda newsroom, found: c.ChangeSlug(
            story=found.id, at=newsroom.newsroom.clock(), slug=slug
        ),
        done="Renamed",
        as_json=as_json,
    )


@app.command(
    epilog=examples(
        "feedstream story correct leaders-meet --was “on Monday” --now “on Tuesday”"
        " --why “The date was misread.”"
    )
)
def correct(
    context: typer.Context,
    story: o.StoryRef,
    was: Annotated[str, typer.Option(help="What it said.")],
    now: Annotated[str, typer.Option(help="What is right.")],
    why: Annotated[str, typer.Option(help="The reason.")],
    update: Annotated[str | None, typer.Option(help="The update that it is about.")] = None,
    date: o.Date = None,
    as_json: o.Json = False,
) -> None:
    """Correct a story in the open: what was wrong, what is right, why."""
    dated = when(date, "--date")
    change(
        context,
        story,
        lambda newsroom, found: newsroom.newsroom.correction(
            found.id,
            was=was,
            now=now,
            why=why,
            update=find_update(found, update).id if update else None,
            effective=dated,
        ),
        done="Corrected",
        as_json=as_json,
    )


@app.command(epilog=examples("feedstream story clarify leaders-meet “Both take part by video.”"))
def clarify(
    context: typer.Context,
    story: o.StoryRef,
    text: Annotated[str, typer.Argument(help="What a reader may have missed.")],
    update: Annotated[str | None, typer.Option(help="The update that it is about.")] = None,
    date: o.Date = None,
    as_json: o.Json = False,
) -> None:
    """Add what a reader may have missed, without fault."""
    dated = when(date, "--date")
    change(
        context,
        story,
        lambda newsroom, found: newsroom.newsroom.clarification(
            found.id,
            text=text,
            update=find_update(found, update).id if update else None,
            effective=dated,
        ),
        done="Clarified",
        as_json=as_json,
    )


@credit_app.command(
    "add", epilog=examples("feedstream story credit add leaders-meet “Example Wire”")
)
def credit_add(
    context: typer.Context,
    story: o.StoryRef,
    name: Annotated[str, typer.Argument(help="The partner or the paper.")],
    url: Annotated[str, typer.Option(help="Its address.")] = "",
    as_json: o.Json = False,
) -> None:
    """Attribute a story: the closing “With reporting by …” names them."""
    change(
        context,
        story,
        lambda newsroom, found: c.AddCredit(
            story=found.id, at=newsroom.newsroom.clock(), name=name, url=url
        ),
        done="Credited",
        as_json=as_json,
    )


@credit_app.command(
    "remove", epilog=examples("feedstream story credit remove leaders-meet “Example Wire”")
)
def credit_remove(
    context: typer.Context,
    story: o.StoryRef,
    name: Annotated[str, typer.Argument(help="The partner or the paper.")],
    as_json: o.Json = False,
) -> None:
    """Take an attribution back."""
    change(
        context,
        story,
        lambda newsroom, found: c.RemoveCredit(
            story=found.id, at=newsroom.newsroom.clock(), name=name
        ),
        done="Credit removed",
        as_json=as_json,
    )
