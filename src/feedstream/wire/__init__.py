"""Partners' wires: fetch, read, normalise, match, and remember how each source is doing."""
