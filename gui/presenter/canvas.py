"""Painting and showing of one frame, with OpenGL and vertical sync or without."""

from collections.abc import Callable
from functools import cache
from math import nan
from typing import Protocol

from pylsl import local_clock
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import (
    QBackingStore,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QRegion,
    QSurface,
    QSurfaceFormat,
    QWindow,
)
from PySide6.QtOpenGL import QOpenGLPaintDevice

Paint = Callable[[QPainter, QSize], None]
# Samples per pixel, for smooth edges of shapes.
_SAMPLES = 4
_GL_RENDERER = 0x1F01
_SOFTWARE = (
    "llvmpipe",
    "softpipe",
    "swiftshader",
    "software",
    "swrast",
    "gdi generic",
    "basic render",
)
_HINTS = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform


class Canvas(Protocol):
    """A way to show a frame on the screen."""

    can_sync: bool  # whether a buffer swap may wait for the screen

    def present(self, paint: Paint) -> float:
        """Paint and show a frame; return the LSL time of the swap, NaN if it failed."""
        ...


class OpenGlCanvas:
    """A canvas that draws by OpenGL, with one buffer swap per period of the screen.

    It uses a plain QWindow with its own context. `QOpenGLWindow` waits 5 ms before it paints again
    (`QPlatformWindow::requestUpdate`), which loses frames on a screen of 144 Hz.
    """

    can_sync = True

    def __init__(self, window: QWindow, context: QOpenGLContext) -> None:
        self._window = window
        self._context = context
        self._device: QOpenGLPaintDevice | None = None

    @classmethod
    def open(cls, window: QWindow) -> "OpenGlCanvas | None":
        """Create the window for OpenGL; return None without a graphics card.

        OpenGL in software takes 40 ms per frame; painting in memory takes 1 ms.
        """
        wanted = QSurfaceFormat()
        wanted.setSwapBehavior(QSurfaceFormat.SwapBehavior.DoubleBuffer)
        wanted.setSwapInterval(1)
        wanted.setSamples(_SAMPLES)
        if not _has_hardware():
            return None
        context = QOpenGLContext(window)
        context.setFormat(wanted)
        if not context.create():
            return None
        window.setSurfaceType(QSurface.SurfaceType.OpenGLSurface)
        window.setFormat(wanted)
        window.create()
        if not context.makeCurrent(window):
            return None
        return cls(window, context)

    def present(self, paint: Paint) -> float:
        window, context = self._window, self._context
        if not context.makeCurrent(window):
            return nan
        ratio = window.devicePixelRatio()
        size = window.size()
        if self._device is None:
            self._device = QOpenGLPaintDevice()
        self._device.setSize(size * ratio)
        self._device.setDevicePixelRatio(ratio)
        painter = QPainter(self._device)
        painter.setRenderHints(_HINTS)
        paint(painter, size)
        painter.end()
        context.swapBuffers(window)
        # A driver may queue frames ahead; glFinish waits until this frame is done.
        context.functions().glFinish()
        return float(local_clock())


@cache
def _has_hardware() -> bool:
    """Return whether OpenGL runs on a graphics card, by the renderer's name."""
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return False
    renderer = str(context.functions().glGetString(_GL_RENDERER)).lower()
    context.doneCurrent()
    return not any(name in renderer for name in _SOFTWARE)


class RasterCanvas:
    """A canvas that paints in memory; the window system decides when it is shown."""

    can_sync = False

    def __init__(self, window: QWindow) -> None:
        self._window = window
        window.setSurfaceType(QSurface.SurfaceType.RasterSurface)
        window.create()
        self._store = QBackingStore(window)

    def present(self, paint: Paint) -> float:
        size = self._window.size()
        if self._store.size() != size:
            self._store.resize(size)
        whole = QRegion(QRect(QPoint(0, 0), size))
        self._store.beginPaint(whole)
        device = self._store.paintDevice()
        painter = QPainter(device)
        painter.setRenderHints(_HINTS)
        paint(painter, size)
        painter.end()
        self._store.endPaint()
        self._store.flush(whole)
        return float(local_clock())
