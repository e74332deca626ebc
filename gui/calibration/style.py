"""What the calibration window's style has beyond the dashboard's."""

from pathlib import Path

from gui.theme import Theme

_FOLDER = Path(__file__).parent.as_posix()


def style_sheet(theme: Theme) -> str:
    """The Qt style sheet of the window."""
    return f"""{theme.style_sheet()}
        QLabel#step {{ color: {theme.dim}; padding: 2px 0; }}
        QLabel#large {{ font-size: 17px; }}
        QLabel#largeheading {{ font-size: 17px; font-weight: 600; }}
        QLabel#step[now="true"] {{ color: {theme.text}; font-weight: 600;
                                   border-bottom: 2px solid {theme.accent}; }}
        QPushButton#go {{ background: {theme.accent}; color: {theme.on_class}; font-weight: 700;
                          border: 1px solid {theme.accent}; padding: 8px 22px; }}
        QPushButton#go:hover, QPushButton#go:focus {{ border-color: {theme.text}; }}
        QPushButton#go:disabled {{ background: {theme.panel}; color: {theme.dim};
                                   border-color: {theme.line}; }}
        QSpinBox, QDoubleSpinBox {{ background: {theme.window}; border: 1px solid {theme.line};
                                    border-radius: 4px; padding: 3px 6px; min-height: 18px; }}
        QAbstractSpinBox QLineEdit {{ border: none; padding: 0 6px; min-height: 0;
                                      background: transparent; }}
        QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
        QSpinBox:focus, QDoubleSpinBox:focus {{ border-color: {theme.accent}; }}
        QFrame#panel QCheckBox, QFrame#panel QRadioButton, QFrame#panel QWidget#plain QWidget {{
            background-color: transparent; }}
        QFrame#panel QWidget#plain QLineEdit, QFrame#panel QWidget#plain QComboBox,
        QFrame#panel QWidget#plain QSpinBox, QFrame#panel QWidget#plain QDoubleSpinBox,
        QFrame#panel QWidget#plain QListWidget {{ background-color: {theme.window}; }}
        QRadioButton:disabled {{ color: {theme.dim}; }}
        QRadioButton:disabled:checked {{ color: {theme.text}; }}
        QFrame#panel QRadioButton[lacks="true"] {{ color: {_faint(theme)}; }}
        QCheckBox::indicator, QRadioButton::indicator, QListWidget::indicator {{
            width: 13px; height: 13px; border: 1px solid {theme.dim};
            background: {theme.window}; border-radius: 3px; }}
        QRadioButton::indicator {{ border-radius: 7px; }}
        QRadioButton[lacks="true"]::indicator {{ border-color: {theme.line};
                                                 background: transparent; }}
        QCheckBox::indicator:checked, QListWidget::indicator:checked {{
            background: {theme.accent}; border-color: {theme.accent};
            image: url("{_FOLDER}/tick-{theme.name}.svg"); }}
        QRadioButton::indicator:checked {{
            border-color: {theme.accent};
            background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
                                        stop: 0.55 {theme.accent}, stop: 0.65 {theme.window}); }}
        QListWidget::item {{ padding: 3px; color: {theme.text}; }}
        QProgressBar {{ background: {theme.panel}; border: 1px solid {theme.line};
                        border-radius: 4px; min-height: 10px; max-height: 10px; }}
        QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
        QTableWidget {{ background: {theme.panel}; border: 1px solid {theme.line};
                        border-radius: 6px; }}
        QTableWidget::item {{ padding: 0 6px; }}
        QHeaderView, QHeaderView::section {{ background: {theme.panel}; color: {theme.dim};
                                             border: none; padding: 3px 6px; }}
    """


def _faint(theme: Theme) -> str:
    """Between what is dim and the ground: of what cannot be chosen."""
    dim, ground = theme.colour("dim"), theme.colour("panel")
    parts = (
        (dim.red(), ground.red()),
        (dim.green(), ground.green()),
        (dim.blue(), ground.blue()),
    )
    return "#" + "".join(f"{(2 * one + other) // 3:02x}" for one, other in parts)
