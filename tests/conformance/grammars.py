"""What grammars and schemas say of any published file: complaints, none for a sound one.

Atom is held against RFC 4287, Appendix B, in its compact form, with the assertions that stand in it
as Schematron; Atom and RSS against the grammar of our own elements too.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import rnc2rng
from jsonschema import Draft202012Validator
from lxml import etree

from tests.conformance.agreed import (
    SCHEMAS,
    newsml_faults,
    ninjs_faults,
    sitemap_faults,
    sitemap_index_faults,
)

ROOT = Path(__file__).parents[2]
OWN = ROOT / "docs" / "schemas"
JSON_FEED = ROOT / "tests" / "render" / "jsonfeed-1.1.schema.json"
_SPACES = {"atom": "http://www.w3.org/2005/Atom", "s": "http://www.ascc.net/xml/schematron"}


@lru_cache
def _atom() -> etree._Element:
    written = rnc2rng.dumps(rnc2rng.load(str(SCHEMAS / "atom.rnc")))
    # `namespace local = ""` has no like in XML, which gives no prefix to having no namespace.
    return etree.fromstring(written.replace(' xmlns:local=""', "").encode())


@lru_cache
def _atom_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(_atom())


@lru_cache
def _atom_assertions() -> tuple[tuple[str, str, str], ...]:
    """For each: the elements it is about, the XPath that must hold there, and what it says."""
    return tuple(
        (rule.get("context"), one.get("test"), " ".join((one.text or "").split()))
        for rule in _atom().iterfind(".//s:rule", _SPACES)
        for one in rule.iterfind("s:assert", _SPACES)
    )


@lru_cache
def _own_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(OWN / "feedstream.rng"))


@lru_cache
def _schema(path: Path) -> Draft202012Validator:
    formats = Draft202012Validator.FORMAT_CHECKER  # dates and addresses are looked at too
    return Draft202012Validator(json.loads(path.read_bytes()), format_checker=formats)


def _parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(huge_tree=True))


def _log_of(grammar: etree.RelaxNG, root: etree._Element) -> list[str]:
    grammar.validate(root)
    return [f"line {error.line}: {error.message}" for error in grammar.error_log]


def _unmet(root: etree._Element) -> Iterator[str]:
    for context, test, says in _atom_assertions():
        for node in root.xpath(f"//{context}", namespaces=_SPACES):
            if not node.xpath(f"boolean({test})", namespaces=_SPACES):
                yield f"line {node.sourceline}: {says}"


def atom_faults(content: bytes) -> list[str]:
    root = _parsed(content)
    found = (_log_of(grammar, root) for grammar in (_atom_grammar(), _own_grammar()))
    return [*(fault for faults in found for fault in faults), *_unmet(root)]


def rss_faults(content: bytes) -> list[str]:
    """By our own grammar alone: RSS 2.0 has none, and the W3C's validator knows it best."""
    return _log_of(_own_grammar(), _parsed(content))


def json_faults(content: bytes) -> list[str]:
    feed: Any = json.loads(content)
    return [
        f"{error.json_path}: {error.message[:300]}"
        for path in (JSON_FEED, OWN / "feedstream.schema.json")
        for error in _schema(path).iter_errors(feed)
    ]


def opml_faults(content: bytes) -> list[str]:
    """OPML 2.0 has no grammar: each outline must have its text, each feed its address."""
    root = _parsed(content)
    wrong = root.xpath("//outline[not(@text) or (@type='rss' and not(@xmlUrl))]")
    return [f"line {node.sourceline}: no text or no address" for node in wrong]


_BY_ENDING: dict[str, Callable[[bytes], list[str]]] = {
    ".ninjs.json": ninjs_faults,
    ".newsml.xml": newsml_faults,
    ".atom": atom_faults,
    ".rss": rss_faults,
    ".json": json_faults,
    ".opml": opml_faults,
    "sitemap.xml": sitemap_index_faults,
    ".xml": sitemap_faults,
}


def faults(file: str, content: bytes) -> list[str]:
    """What is wrong with a published file of that name; every name has its judge."""
    if file == "news-sitemap.xml":
        return sitemap_faults(content)
    judge = next(judge for ending, judge in _BY_ENDING.items() if file.endswith(ending))
    return judge(content)
