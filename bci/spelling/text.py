"""The spelled text, copied or free, with undo."""

from dataclasses import dataclass, field

from bci.spelling.symbols import SPACE, SymbolGrid, typed


@dataclass
class SpelledText:
    """Symbols selected so far.

    Parameters
    ----------
    grid : SymbolGrid
    target : str
        Text to copy; empty for free spelling.

    Raises
    ------
    ProfileError
        If the target has a character that is no symbol.
    """

    grid: SymbolGrid
    target: str = ""
    selected: list[str] = field(default_factory=list)
    n_passed: int = 0  # Symbols of the target that were attended without a decision

    def __post_init__(self) -> None:
        self._wanted = self.grid.spelling(self.target)

    @property
    def text(self) -> str:
        """The text that the selected symbols type.

        When copying, `UNDO` deletes nothing: it is a wrong symbol like any other.
        """
        if self.copies:
            return "".join(" " if symbol == SPACE else symbol for symbol in self.selected)
        return typed(self.selected)

    @property
    def before(self) -> str:
        """The text before the next symbol; when copying, the target's beginning, without errors."""
        if not self.copies:
            return self.text
        begin = self._wanted[: len(self.selected) + self.n_passed]
        return "".join(" " if symbol == SPACE else symbol for symbol in begin)

    @property
    def copies(self) -> bool:
        return bool(self._wanted)

    @property
    def next_target(self) -> str | None:
        """Symbol to attend to next; None in free spelling, or when the target is complete.

        A wrong symbol is not corrected, as in calibration: the next symbol follows.
        """
        at = len(self.selected) + self.n_passed
        return self._wanted[at] if at < len(self._wanted) else None

    @property
    def is_copied(self) -> bool:
        """True after each symbol of the target had its selection."""
        return self.copies and self.next_target is None

    @property
    def n_right(self) -> int:
        """Number of selected symbols that equal the target's symbols."""
        return sum(a == b for a, b in zip(self.selected, self._wanted, strict=False))

    def add(self, symbol: str) -> None:
        """Add a selected symbol."""
        self.selected.append(symbol)

    def skip(self) -> None:
        """Move to the next symbol of the target without a decision, as in calibration."""
        self.n_passed += 1

    def undo(self) -> str | None:
        """Remove the last selected symbol and return it; None if there is none."""
        return self.selected.pop() if self.selected else None
