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
        Text to copy; empty where the person spells freely.

    Raises
    ------
    ProfileError
        If the target has a character that is no symbol.
    """

    grid: SymbolGrid
    target: str = ""
    selected: list[str] = field(default_factory=list)
    n_passed: int = 0  # Symbols of the target that were attended to without a decision

    def __post_init__(self) -> None:
        self._wanted = self.grid.spelling(self.target)

    @property
    def text(self) -> str:
        """The text that the selected symbols type.

        In a copied text each stands for itself, `UNDO` too: it was wrong, as any other symbol.
        """
        if self.copies:
            return "".join(" " if symbol == SPACE else symbol for symbol in self.selected)
        return typed(self.selected)

    @property
    def before(self) -> str:
        """The text that the next symbol follows: of a text to copy its own begin, errors aside."""
        if not self.copies:
            return self.text
        begin = self._wanted[: len(self.selected) + self.n_passed]
        return "".join(" " if symbol == SPACE else symbol for symbol in begin)

    @property
    def copies(self) -> bool:
        return bool(self._wanted)

    @property
    def next_target(self) -> str | None:
        """Symbol to attend to next; None where the person is free, or all is copied.

        A wrong symbol stays, as in calibration: the next one is the target's next.
        """
        at = len(self.selected) + self.n_passed
        return self._wanted[at] if at < len(self._wanted) else None

    @property
    def is_copied(self) -> bool:
        """True where each symbol of the target had its selection."""
        return self.copies and self.next_target is None

    @property
    def n_right(self) -> int:
        """Symbols that are those of the target."""
        return sum(a == b for a, b in zip(self.selected, self._wanted, strict=False))

    def add(self, symbol: str) -> None:
        """Take a selected symbol."""
        self.selected.append(symbol)

    def skip(self) -> None:
        """Go on to the next symbol of the target without a decision, as in calibration."""
        self.n_passed += 1

    def undo(self) -> str | None:
        """Take the last selection back; return it, None where there is none."""
        return self.selected.pop() if self.selected else None
