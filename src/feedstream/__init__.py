"""feedstream: an immutable record of a newsroom's running stories, published as live feeds."""

__version__ = "0.1.0"
