"""What standards say of our outputs: each function gives its complaints, none for a sound file."""

import json
from functools import lru_cache
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).parent / "schemas"
GEOJSON = "https://geojson.org/schema/GeoJSON.json"  # ninjs refers to it; we write no places


@lru_cache
def _ninjs() -> Draft202012Validator:
    schema = json.loads((SCHEMAS / "ninjs-3.0.schema.json").read_text("utf-8"))
    registry = Registry().with_resource(GEOJSON, DRAFT202012.create_resource({}))
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def ninjs_faults(content: bytes) -> list[str]:
    return [
        f"{error.json_path}: {error.message}" for error in _ninjs().iter_errors(json.loads(content))
    ]


@lru_cache
def _xsd(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"{name}.xsd"))


def _faults(name: str, content: bytes) -> list[str]:
    schema = _xsd(name)
    schema.validate(etree.fromstring(content, etree.XMLParser(huge_tree=True)))
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


def newsml_faults(content: bytes) -> list[str]:
    return _faults("newsml-g2-2.35", content)


def sitemap_faults(content: bytes) -> list[str]:
    """Of a sitemap, with or without news."""
    return _faults("sitemap-all", content)


def sitemap_index_faults(content: bytes) -> list[str]:
    return _faults("siteindex-0.9", content)
