"""`init` sets a newsroom up; `doctor` says whether it is well."""

from typing import Annotated

import tomlkit
import typer

from feedstream.cli import checks
from feedstream.cli.context import cli_of, run
from feedstream.cli.options import Json
from feedstream.cli.output import examples, listing, note, report
from feedstream.config import CONFIG_NAME, EXAMPLE_AUTHORITY, Home, Settings, load_settings
from feedstream.errors import Conflict, Unavailable
from feedstream.proof.keys import keys_of, origin_of

app = typer.Typer()

TEMPLATE = """\
# The settings of this newsroom. Every one may also come from the environment:
# FEEDSTREAM_SITE__TITLE="The Daily Example", FEEDSTREAM_SERVER__PORT=9000.

[site]
title = {title}
description = {description}
# Where readers reach the site: links in feeds begin with it.
base_url = {base_url}
language = {language}
# An IANA name: days end by it in “replay --until”.
timezone = {timezone}
# How 06/12/2021 is read in rolling copy: "dmy" is 6 December, "mdy" is June 12.
date_order = {date_order}
# A domain that you hold, for the permanent ids of entries (RFC 4151). Never change it later.
tag_authority = {authority}
# author = "The Daily Example"
# rights = "CC BY 4.0"

[feeds]
# Entries in a feed at most, and how many minutes readers may keep it.
window = 50
ttl = 5

[server]
host = "127.0.0.1"
port = 8000

[wire]
# Scores from 0 to 1: from where a partner's item is offered to a story, from where it is attached
# to one by itself (policy "attach").
suggest_at = 0.15
attach_at = 0.45

# Partners; or “feedstream source add URL”. policy: suggest, attach, publish or hold.
# [[sources]]
# name = "example-wire"
# url = "https://wire.example.org/feed.xml"
# credit = "Example Wire"
# interval = 300
# policy = "suggest"

# Feeds of your own; or “feedstream feed define NAME”. kind: stories, updates or corrections.
# [[feeds.defined]]
# name = "summits"
# title = "Summits"
# tag = "Diplomacy"
# window = 20
"""


@app.command(
    epilog=examples(
        "feedstream init",
        "feedstream --home /srv/newsroom init --title “The Daily Example”"
        " --base-url https://news.example.org --timezone Europe/Brussels",
    )
)
def init(
    context: typer.Context,
    title: Annotated[str, typer.Option(help="The name of the site.")] = "The Newsroom",
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Where readers reach the site.")
    ] = "http://127.0.0.1:8000",
    language: Annotated[str, typer.Option(help="Its language, such as en or pt-BR.")] = "en",
    timezone: Annotated[str, typer.Option(help="Its time zone, an IANA name.")] = "UTC",
    date_order: Annotated[str, typer.Option(help="How 06/12/2021 is read: dmy or mdy.")] = "dmy",
    authority: Annotated[
        str, typer.Option(metavar="DOMAIN", help="A domain that you hold, for permanent ids.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Set a newsroom up: a folder with feedstream.toml, where log and feeds will be.

    An existing feedstream.toml is never overwritten.
    """
    home = Home(cli_of(context).home)
    values = {
        "title": title,
        "description": "Running stories, with every change on the record.",
        "base_url": base_url,
        "language": language,
        "timezone": timezone,
        "date_order": date_order,
    }
    text = TEMPLATE.format(
        **{name: tomlkit.string(value).as_string() for name, value in values.items()},
        authority=tomlkit.string(authority).as_string(),
    )
    settings = _write(home, text)
    report(
        f"{home.config} is written: look it through.\nNext: feedstream --home {home.root} serve",
        {"home": str(home.root), "config": str(home.config), "site": settings.site},
        as_json=as_json,
    )
    if settings.site.authority == EXAMPLE_AUTHORITY:
        note(
            "Before you publish for real, set tag_authority to a domain that you hold, then make a"
            " key that signs the record: “keys init”."
        )
        return
    run(keys_of(home).init(origin_of(settings.site)))
    note(f"A key that signs the record is in {home.root / 'keys'}: keep a copy in a safe place.")


def _write(home: Home, text: str) -> Settings:
    """Write the settings where there are none; those that are not valid are taken back."""
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        with home.config.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Conflict(
            f"{home.config if home.root.is_dir() else home.root} exists already, and init"
            f" overwrites nothing: edit {CONFIG_NAME}, or give another --home."
        ) from error
    except OSError as error:
        raise Unavailable(f"{home.config} can't be written: {error.strerror}.") from error
    try:
        return load_settings(home)
    except BaseException:
        home.config.unlink()
        raise


@app.command(epilog=examples("feedstream doctor", "feedstream --home /srv/newsroom doctor --json"))
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Look whether the newsroom is well; exit code 1 where something is wrong."""
    findings = run(checks.examine(cli_of(context).home))
    records = [{"state": f.state, "what": f.what, "found": f.found} for f in findings]
    listing(records, {"state": "STATE", "what": "WHAT", "found": "FOUND"}, as_json=as_json)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)
