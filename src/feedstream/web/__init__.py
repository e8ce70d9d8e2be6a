"""The HTTP face: pages for people, feeds for readers, health for operators."""
