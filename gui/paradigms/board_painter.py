"""Painting of the speller's board: text above, symbols, and probabilities below."""

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from gui.paradigms.board import N_CANDIDATES, SymbolBoard, shown

# Dark in both themes of the dashboard, so that nothing dazzles or draws the eye.
BACKGROUND, GROUND, DIM, CALM, BRIGHT = "#0d0f12", "#1d2126", "#565f69", "#aeb6bf", "#f2f4f6"
ACCENT = "#56B4E9"
_RIGHT, _WRONG = "#7fc8a9", "#E69F00"
_LEAST_PX = 8
# Top and bottom of each part, as shares of the screen's height.
_TEXT, _SYMBOLS, _CERTAINTY, _FOOT = (0.03, 0.20), (0.22, 0.80), (0.82, 0.92), (0.93, 0.99)
_SYMBOL_SHARE = 0.6

_Draw = Callable[[QPainter, QRectF], None]


class KeptPicture:
    """A pixmap of one part of the screen, drawn again only when its content changes."""

    def __init__(self) -> None:
        self._kept: Hashable = None
        self._picture = QPixmap()

    def paint(self, painter: QPainter, room: QRectF, content: Hashable, draw: _Draw) -> None:
        """Paint the pixmap into ``room``.

        If ``content`` or the size has changed, ``draw`` draws the pixmap first, into a rectangle
        of the size of ``room`` that begins at 0, 0.
        """
        self.keep(painter, room, content, draw)
        painter.drawPixmap(room.topLeft().toPoint(), self._picture)

    def keep(self, painter: QPainter, room: QRectF, content: Hashable, draw: _Draw) -> None:
        """Draw the pixmap if needed, without painting it, to make a later frame quick."""
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        size = QSize(round(room.width()), round(room.height()))
        key = content, size.width(), size.height(), ratio
        if key != self._kept:
            self._kept = key
            self._picture = QPixmap(size * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(0, 0, 0, 0))
            with QPainter(self._picture) as own:
                own.setRenderHint(QPainter.RenderHint.Antialiasing)
                draw(own, QRectF(0, 0, room.width(), room.height()))


class BoardPainter:
    """Paints boards; each part of the screen is kept as a pixmap until it changes."""

    def __init__(self) -> None:
        self._text, self._symbols = KeptPicture(), KeptPicture()
        self._certainty, self._foot = KeptPicture(), KeptPicture()

    def paint(self, painter: QPainter, size: QSize, board: SymbolBoard) -> None:
        """Paint everything but the symbols; a sentence in their place if there is one."""
        whole = QRectF(0, 0, size.width(), size.height())
        painter.fillRect(whole, QColor(BACKGROUND))
        text = board.wanted, board.spelled, board.place
        self._text.paint(painter, _band(size, *_TEXT), text, lambda p, r: _draw_text(p, r, board))
        if board.sentence:
            room, pixels = symbols_area(size), 0.05 * size.height()
            self._symbols.paint(
                painter, room, board.sentence, lambda p, r: _draw_sentence(p, r, board, pixels)
            )
        if board.candidates:
            shares = board.candidates, board.confidence
            self._certainty.paint(
                painter, _band(size, *_CERTAINTY), shares, lambda p, r: _draw_certainty(p, r, board)
            )
        foot = board.note, board.keys
        self._foot.paint(painter, _band(size, *_FOOT), foot, lambda p, r: _draw_foot(p, r, board))
        done = QRectF(0, size.height() - 4, size.width() * board.done, 4)
        painter.fillRect(done, QColor(DIM))


def symbols_area(size: QSize) -> QRectF:
    """Return the rectangle of the symbols on a screen of this size, in pixels."""
    return _band(size, *_SYMBOLS)


def cell(area: QRectF, board: SymbolBoard, number: int) -> QRectF:
    """Return the rectangle of symbol ``number``; symbols fill ``area`` row by row."""
    # A cell is at most 1.5 times as wide as high, to keep eye movements short.
    height = area.height() / board.rows
    width = min(area.width() / board.columns, 1.5 * height)
    left = area.center().x() - width * board.columns / 2
    row, column = divmod(number, board.columns)
    return QRectF(left + column * width, area.top() + row * height, width, height)


def paint_symbol(painter: QPainter, room: QRectF, symbol: str, ink: str) -> None:
    """Write ``symbol`` centred in ``room``, in the colour ``ink``."""
    write(painter, shown(symbol), room, _SYMBOL_SHARE * room.height(), ink, bold=True)


def write(
    painter: QPainter,
    text: str,
    room: QRectF,
    pixels: float,
    ink: str,
    flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
    bold: bool = False,
    wraps: bool = False,
) -> None:
    """Write ``text`` in ``room``, at most ``pixels`` high, smaller until it fits."""
    font = QFont(painter.font())
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    how = flags | (Qt.TextFlag.TextWordWrap if wraps else Qt.TextFlag.TextSingleLine)
    font.setPixelSize(max(_LEAST_PX, round(pixels)))
    while font.pixelSize() > _LEAST_PX:
        needed = QFontMetricsF(font).boundingRect(room, how, text)
        if needed.width() <= room.width() and needed.height() <= room.height():
            break
        font.setPixelSize(max(_LEAST_PX, int(0.85 * font.pixelSize())))
    painter.setFont(font)
    painter.setPen(QColor(ink))
    painter.drawText(room, how, text)


def paint_frame(painter: QPainter, room: QRectF) -> None:
    """Draw the frame around the symbol to attend to."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(ACCENT), min(6.0, max(2.0, 0.05 * room.height()))))
    corner = 0.12 * room.height()
    painter.drawRoundedRect(_inside(room), corner, corner)


def paint_chosen(painter: QPainter, room: QRectF, symbol: str) -> None:
    """Paint the selected symbol, dark on a coloured field."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ACCENT))
    corner = 0.12 * room.height()
    painter.drawRoundedRect(_inside(room), corner, corner)
    paint_symbol(painter, room, symbol, BACKGROUND)


def _inside(room: QRectF) -> QRectF:
    edge = 0.08 * room.height()
    return room.adjusted(edge, edge, -edge, -edge)


def _band(size: QSize, top: float, bottom: float) -> QRectF:
    side, height = round(0.04 * size.width()), size.height()
    above = round(top * height)
    return QRectF(side, above, size.width() - 2 * side, round(bottom * height) - above)


def _draw_sentence(painter: QPainter, room: QRectF, board: SymbolBoard, pixels: float) -> None:
    side = 0.06 * room.width()
    write(painter, board.sentence, room.adjusted(side, 0, -side, 0), pixels, BRIGHT, wraps=True)


def _draw_text(painter: QPainter, room: QRectF, board: SymbolBoard) -> None:
    """Write the text to copy, and below it the spelled text, letter below letter."""
    half = room.height() / 2
    letters = max(len(board.wanted), board.place + 1, len(board.spelled) + 1)
    width = min(0.8 * half, room.width() / letters)
    left = room.center().x() - width * letters / 2
    for k, letter in enumerate(board.wanted):
        place = QRectF(left + k * width, 0, width, half)
        ink = BRIGHT if k == board.place else DIM if k < board.place else CALM
        write(painter, shown(letter), place, 0.8 * half, ink)
    for k, letter in enumerate(board.spelled):
        place = QRectF(left + k * width, half, width, half)
        ink = BRIGHT
        if board.wanted:
            ink = _RIGHT if letter == board.wanted[k : k + 1] else _WRONG
        write(painter, shown(letter), place, 0.8 * half, ink, bold=True)
    # An underline at the place of the next symbol.
    line = QPointF(left + (board.place + 0.12) * width, room.bottom() - 0.06 * half)
    painter.setPen(QPen(QColor(CALM), max(2.0, 0.05 * half)))
    painter.drawLine(line, line + QPointF(0.76 * width, 0))


def _draw_certainty(painter: QPainter, room: QRectF, board: SymbolBoard) -> None:
    """Draw the likeliest symbols with probability bars, and a line at the threshold."""
    width = min(room.width() / N_CANDIDATES, 2.6 * room.height())
    left = room.center().x() - width * N_CANDIDATES / 2
    middle = Qt.AlignmentFlag.AlignVCenter
    for k, candidate in enumerate(board.candidates[:N_CANDIDATES]):
        ink = BRIGHT if k == 0 else CALM
        place = QRectF(left + k * width, 0, 0.9 * width, room.height())
        above = place.adjusted(0, 0, 0, -0.35 * place.height())
        pixels, share = 0.5 * above.height(), candidate.probability
        flags = middle | Qt.AlignmentFlag.AlignLeft
        write(painter, shown(candidate.symbol), above, 1.5 * pixels, ink, flags, bold=True)
        flags = middle | Qt.AlignmentFlag.AlignRight
        write(painter, f"{100 * share:.0f} %", above, pixels, ink, flags)
        bar = place.adjusted(0, 0.72 * place.height(), 0, 0)
        painter.fillRect(bar, QColor(GROUND))
        filled = bar.adjusted(0, 0, -(1.0 - share) * bar.width(), 0)
        painter.fillRect(filled, QColor(ACCENT if k == 0 else DIM))
        if 0 < board.confidence <= 1 and k == 0:
            x = bar.left() + board.confidence * bar.width()
            painter.setPen(QPen(QColor(BRIGHT), 2.0))
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))


def _draw_foot(painter: QPainter, room: QRectF, board: SymbolBoard) -> None:
    pixels, middle = 0.42 * room.height(), Qt.AlignmentFlag.AlignVCenter
    edge = 0.6 * room.width()
    left, right = room.adjusted(0, 0, edge - room.width(), 0), room.adjusted(edge, 0, 0, 0)
    write(painter, board.note, left, pixels, CALM, middle | Qt.AlignmentFlag.AlignLeft)
    write(painter, board.keys, right, pixels, CALM, middle | Qt.AlignmentFlag.AlignRight)
