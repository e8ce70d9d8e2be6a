"""Progress of long work, as lines where there is no terminal."""

from feedstream.cli import pace


def test_a_line_says_how_much_how_fast_and_how_long_still():
    assert (
        pace.line("Checking", 1200, 5200, 3) == "Checking: 1,200 of 5,200 events, 400/s, 10 s left"
    )
    assert pace.line("Reading", 7, None, 0) == "Reading: 7 events, 0/s"


def test_lines_come_on_standard_error_and_not_too_often(capsys, monkeypatch):
    monkeypatch.setattr(pace, "EVERY", 0.0)
    with pace.paced("Checking", 10) as told:
        told(5)
    assert "Checking: 5 of 10 events" in capsys.readouterr().err
    monkeypatch.setattr(pace, "EVERY", 1000.0)
    with pace.paced("Checking", 10) as told:
        told(5)
    assert capsys.readouterr() == ("", "")
