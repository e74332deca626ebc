"""The page of messages agrees with the messages."""

from bci.messages.write_docs import PAGE, write_page


def test_page_is_the_one_that_the_messages_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(), "run python -m bci.messages.write_docs"


def test_every_field_has_a_meaning() -> None:
    rows = [line for line in write_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert [row for row in rows if row.endswith("|  |")] == []
