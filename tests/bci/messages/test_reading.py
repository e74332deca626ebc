"""Lines of output that one program reads from another."""

from bci.messages.reading import Lines


def test_of_a_line_that_is_too_long_the_beginning_is_kept() -> None:
    lines = Lines(max_bytes=5)
    assert lines.take(b"abc") == []
    assert lines.take(b"defgh") == []
    assert lines.take(b"ij\nk\n\nlm") == [b"abcde", b"k", b""]
    assert lines.rest() == b"lm"
    assert lines.rest() == b""
