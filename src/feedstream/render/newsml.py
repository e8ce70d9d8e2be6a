"""NewsML-G2 2.35 at power conformance, through the IPTC's own library: a story as a `newsItem`.

The library puts children in the order in which they were given, so ours follows the schema's. The
text goes in as XHTML, which the library would parse anew: it is put in last, by us.
"""

import re
from datetime import datetime
from typing import Any

import NewsMLG2 as g2  # type: ignore[import-untyped]  # noqa: N813  # a name of every line here
from lxml import etree, html

from feedstream.config import Site
from feedstream.markup import strip_control
from feedstream.render.dates import rfc3339
from feedstream.render.document import Entry, Media, Person
from feedstream.render.item import NewsItem, byline, holder, notice_of
from feedstream.render.urls import uri

MEDIA_TYPE = "application/vnd.iptc.g2.newsitem+xml"
CATALOG = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_41.xml"
"""Says what the prefixes of codes such as `stat:usable` stand for."""

XHTML = "http://www.w3.org/1999/xhtml"
_INLINE = f"{{{g2.NEWSMLG2_NS}}}inlineXML"
_SPACES: Any = {None: XHTML}  # lxml-stubs do not know that None is the default namespace
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def render_newsml(item: NewsItem, site: Site) -> bytes:
    """The story as NewsML-G2, in UTF-8.

    Of one that is public no more there is an item with `stat:withheld` or `stat:canceled` and
    without content.
    """
    root = _item(item, site).to_xml()
    entry = item.entry
    etree.indent(root)  # before the text comes in: there, white space is content
    if entry:
        language = entry.language or site.language
        root.set(_LANG, language)
        root.find(f".//{_INLINE}").append(_xhtml(entry, language))
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"


def _item(item: NewsItem, site: Site) -> Any:
    made = g2.NewsItem()
    made.guid = strip_control(item.guid)
    made.version = str(item.number)
    made.catalogref = [_made(g2.CatalogRef, href=CATALOG)]
    if item.entry:
        made.rightsinfo = [_rights(item.entry, site)]
    made.itemmeta = _about_item(item, site)
    if item.entry:
        made.contentmeta = _about_content(item, item.entry)
        made.contentset = g2.ContentSet()
        made.contentset.inlinexml = [_made(g2.InlineXML, contenttype="application/xhtml+xml")]
    return made


def _about_item(item: NewsItem, site: Site) -> Any:
    made = g2.ItemMeta()
    made.itemclass = _made(g2.ItemClass, qcode="ninat:text")
    made.provider = _party(g2.Provider, Person(name=holder(site), url=f"{site.base_url}/"))
    made.versioncreated = _dated(g2.VersionCreated, item.changed)
    made.firstcreated = _dated(g2.FirstCreated, item.created)
    made.pubstatus = _made(g2.PubStatus, qcode=f"stat:{item.status}")
    made.generator = [_made(g2.Generator, "feedstream")]
    if item.entry:
        made.title = [_made(g2.Title, item.entry.title)]
    if item.note:
        made.ednote = [_made(g2.EdNote, item.note)]
    if item.number > 1:
        code = "correction" if item.corrects else "update"
        made.signal = [_made(g2.Signal, qcode=f"sig:{code}")]
    if item.entry:
        made.link = [_page(item.entry), *map(_media, item.entry.media)]
    return made


def _about_content(item: NewsItem, entry: Entry) -> Any:
    made = g2.NewsItemContentMeta()
    made.contentcreated = _dated(g2.ContentCreated, entry.published)
    made.contentmodified = _dated(g2.ContentModified, entry.updated)
    made.infosource = [_party(g2.InfoSource, one) for one in _sources(entry)]
    made.creator = [_party(g2.Creator, one) for one in entry.authors]
    if entry.language:
        made.language = [_made(g2.Language, tag=entry.language)]
    made.keyword = [_made(g2.Keyword, name) for relation, name in item.topics if relation == "tag"]
    made.subject = [_topic(name) for _, name in item.topics]
    made.slugline = [_made(g2.Slugline, item.slug)]
    made.headline = [_made(g2.Headline, entry.title)]
    if by := byline(entry):
        made.by = [_made(g2.By, by)]
    if entry.contributors:
        made.creditline = [_made(g2.Creditline, "/".join(one.name for one in entry.contributors))]
    if entry.summary:
        made.description = [_made(g2.Description, entry.summary, role="drol:summary")]
    return made


def _rights(entry: Entry, site: Site) -> Any:
    made = g2.RightsInfo()
    made.copyrightholder = _party(g2.CopyrightHolder, Person(name=holder(site)))
    if notice := notice_of(entry, site):
        made.copyrightnotice = [_made(g2.CopyrightNotice, notice)]
    return made


def _sources(entry: Entry) -> list[Person]:
    origin = entry.origin
    known = {one.name for one in entry.contributors}
    if origin is None or origin.name in known:
        return list(entry.contributors)
    return [*entry.contributors, Person(name=origin.name, url=origin.url)]


def _page(entry: Entry) -> Any:
    return _made(g2.Link, rel="irel:seeAlso", href=uri(entry.url), contenttype="text/html")


def _media(media: Media) -> Any:
    """A link to it: in the content set it would be another rendition of the text."""
    given = {"contenttype": media.type, "size": str(media.length or ""), "title": media.title}
    known = {name: value for name, value in given.items() if value}
    return _made(g2.Link, rel="irel:associatedWith", href=uri(media.url), **known)


def _party(kind: Any, person: Person) -> Any:
    """By the party's address where it has one, else by its name."""
    address = uri(person.url)
    made = _made(kind, **({"uri": address} if address else {"literal": person.name}))
    made.name = [_made(g2.Name, person.name)]
    return made


def _topic(name: str) -> Any:
    made = _made(g2.Subject, literal=name)
    made.name = [_made(g2.Name, name)]
    return made


def _dated(kind: Any, at: datetime) -> Any:
    return _made(kind, rfc3339(at))


def _made(kind: Any, text: str = "", **attributes: str) -> Any:
    """An object of the library, whose attributes are Python's; only what XML admits goes in."""
    made = kind(text=strip_control(text))
    for name, value in attributes.items():
        setattr(made, name, strip_control(value))
    return made


def _xhtml(entry: Entry, language: str) -> etree._Element:
    """The entry's text as an XHTML document."""
    page = etree.Element(f"{{{XHTML}}}html", {_LANG: language}, nsmap=_SPACES)
    head = etree.SubElement(page, f"{{{XHTML}}}head")
    etree.SubElement(head, f"{{{XHTML}}}title").text = entry.title
    body = html.fragment_fromstring(
        entry.content or "", create_parent="body", parser=html.HTMLParser(huge_tree=True)
    )
    for one in list(body.iter()):
        _cleaned(one)
    page.append(body)
    return page


def _cleaned(one: html.HtmlElement) -> None:
    """An element of HTML as XML has it. Of bodies that were sanitised, only its namespace changes:
    a log that another hand wrote may hold any."""
    if not isinstance(one.tag, str):
        one.drop_tree()
        return
    one.tag = f"{{{XHTML}}}{one.tag if _NAME.fullmatch(one.tag) else 'span'}"
    for name, value in one.attrib.items():
        if not _NAME.fullmatch(name):
            del one.attrib[name]
        elif value != (clean := strip_control(value)):
            one.set(name, clean)
    one.text, one.tail = _sound(one.text), _sound(one.tail)


def _sound(text: str | None) -> str | None:
    return strip_control(text) if text else text
