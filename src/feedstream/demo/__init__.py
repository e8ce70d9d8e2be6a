"""The demo: the sample's newsroom, running, and a partner who sends it news over two minutes."""
