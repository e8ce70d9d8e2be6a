"""Settings of a newsroom: `feedstream.toml` in its home, and `FEEDSTREAM_…` in the environment."""

import logging
import re
import tomllib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from feedstream.errors import Invalid

CONFIG_NAME = "feedstream.toml"
logger = logging.getLogger("feedstream.config")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*")
EXAMPLE_AUTHORITY = "feedstream.example"
_PROBLEMS = {"tuple_type": "give a list"}  # said in words of the file, not of Python


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Section):
    """What readers see of the newsroom."""

    title: str = Field("The Newsroom", min_length=1, max_length=200)
    description: str = Field("Running stories, with every change on the record.", max_length=1000)
    base_url: str = "http://127.0.0.1:8000"
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    timezone: str = "UTC"
    date_order: Literal["dmy", "mdy"] = "dmy"
    author: str = ""
    rights: str = ""
    tag_authority: str = ""

    @field_validator("base_url")
    @classmethod
    def _base(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = not re.search(r"[\s?#\\]", value) and parts.hostname and not parts.username
        if parts.scheme not in ("http", "https") or not plain:
            raise ValueError("give an address such as https://news.example.org")
        return value.rstrip("/")

    @field_validator("tag_authority")
    @classmethod
    def _authority(cls, value: str) -> str:
        if value and not _AUTHORITY.fullmatch(value):
            raise ValueError("give a domain that you hold, such as news.example.org")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("give an IANA time zone such as Europe/Brussels") from None
        return value

    @property
    def authority(self) -> str:
        """The authority of minted `tag:` URIs (RFC 4151): a domain the newsroom holds."""
        host = urlsplit(self.base_url).hostname or ""
        named = "." in host and not host.replace(".", "").isdigit()
        return self.tag_authority or (host if named else EXAMPLE_AUTHORITY)


class FeedSettings(_Section):
    """A feed written in the file; see `feedstream feed define --help` for the fields."""

    name: str
    title: str
    kind: Literal["stories", "updates", "corrections"] = "stories"
    section: str = ""
    tag: str = ""
    author: str = ""
    source: str = ""
    story: str = ""
    window: int = Field(50, ge=1, le=1000)


class Feeds(_Section):
    """How feeds are cut, `window` entries at most, `ttl` in minutes, and those `defined` here."""

    window: int = Field(50, ge=1, le=1000)
    ttl: int = Field(5, ge=1, le=1440)
    defined: tuple[FeedSettings, ...] = ()


class WebSub(_Section):
    """Push by WebSub: the hub that `serve` is itself, and hubs elsewhere that it tells."""

    hub: bool = True
    hubs: tuple[str, ...] = ()

    @field_validator("hubs", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('give a list of addresses, such as ["https://hub.example.org/"]')
        return value

    @field_validator("hubs")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            parts = urlsplit(one)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"“{one}” is no http address of a hub")
        return value


class Server(_Section):
    """Where `serve` listens."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)


class Wire(_Section):
    """Bounds of fetching and the thresholds of matching (scores from 0 to 1)."""

    suggest_at: float = Field(0.15, ge=0, le=1)
    attach_at: float = Field(0.45, ge=0, le=1)
    timeout: float = Field(20.0, gt=0, le=300)
    max_bytes: int = Field(8_000_000, ge=1000)
    max_items: int = Field(1000, ge=1, le=100_000)


class SourceSettings(_Section):
    """A source written in the file; see `feedstream source add --help` for the fields."""

    name: str
    url: str
    credit: str = ""
    format: Literal["auto", "rss", "atom", "jsonfeed"] = "auto"
    interval: int = Field(300, ge=10, le=86_400)
    policy: Literal["suggest", "attach", "publish", "hold"] = "suggest"
    section: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    allow_private: bool = False


class Settings(BaseSettings):
    """All settings. Unknown names are refused, so that a misspelling is noticed."""

    model_config = SettingsConfigDict(
        env_prefix="FEEDSTREAM_", env_nested_delimiter="__", extra="forbid", frozen=True
    )
    site: Site = Site()
    feeds: Feeds = Feeds()
    websub: WebSub = WebSub()
    server: Server = Server()
    wire: Wire = Wire()
    sources: tuple[SourceSettings, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, so that a deployment can override one value."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


class Home:
    """The folder of one newsroom: settings, the log under `events/`, the output under `feeds/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / CONFIG_NAME
        self.events = root / "events"
        self.feeds = root / "feeds"
        self.log = self.events / "log.db"
        self.views = self.events / "views.db"
        self.operations = self.events / "operations.db"
        self.ledger = self.events / "published.db"
        self.lock = self.events / "publisher.lock"

    @property
    def exists(self) -> bool:
        """Whether a newsroom was set up here."""
        return self.config.is_file()


def load_settings(home: Home) -> Settings:
    """Read the settings of a home; defaults where it has no file.

    Raises `Invalid` with the file, the name of the setting and what is wrong with it.
    """
    try:
        text = home.config.read_text("utf-8") if home.exists else ""
        return Settings(**tomllib.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        problem = _PROBLEMS.get(first["type"], first["msg"].removeprefix("Value error, "))
        problem = problem.rstrip(".")
        raise Invalid(f"{home.config}: {where}: {problem}.") from error
    except SettingsError as error:
        raise Invalid(f"A FEEDSTREAM_… variable can't be read: {error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{home.config} is not TOML: {error}.") from error


class CurrentSettings:
    """The settings of a home as its file has them now: read again only after it changed.

    A file that can't be read just then changes nothing.
    """

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._seen = self._stamp()

    def __call__(self) -> Settings:
        """The settings of now."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._settings = load_settings(self._home)
            except (Invalid, OSError) as error:
                logger.error("The settings stay as they were: %s", error)
        return self._settings

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self._home.config.stat()
        except OSError:
            return (0, 0, 0)
        return found.st_ino, found.st_mtime_ns, found.st_size
