"""A form for the parameters of a plug-in, which marks invalid values."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from bci.plugins.device_parameters import Parameter
from gui.widgets.buttons import tool
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import column_of, mark_wrong, named

# Number of parameters that are shown at first; a button shows the others.
_AT_FIRST = 5
_PORT = "serial_port"


class ParameterForm(QWidget):
    """One field per parameter; a star marks the needed ones."""

    changed = Signal()
    submitted = Signal()  # Enter was pressed in a field

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self._parameters: dict[str, Parameter] = {}
        self._needs: tuple[str, ...] = ()
        self._later: list[str] = []
        self._ports: tuple[str, ...] = ()
        grows = QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow
        left = Qt.AlignmentFlag.AlignLeft
        self._form = QFormLayout(verticalSpacing=4, fieldGrowthPolicy=grows, labelAlignment=left)
        self.more = tool("", "Show all parameters")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_later)
        self.more.hide()
        self.setLayout(column_of(self._form, self.more))

    def set_parameters(
        self, parameters: Sequence[Parameter], needs: Sequence[str], values: dict[str, str]
    ) -> None:
        """Show ``parameters``, filled in with ``values``; those in ``needs`` are required."""
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields.clear()
        self._needs = tuple(needs)
        self._parameters = {parameter.name: parameter for parameter in parameters}
        names = list(self._parameters)
        for name in names:
            self._add(name, values.get(name, ""))
        # A parameter with a stored value is never hidden.
        self._later = [
            name for name in names[_AT_FIRST:] if name not in self._needs and not values.get(name)
        ]
        self.more.setVisible(bool(self._later))
        self.more.setChecked(False)
        self._show_later(False)
        self.changed.emit()

    def values(self) -> dict[str, str]:
        """Return the values by parameter; empty fields are left out."""
        texts = {name: _text_of(field) for name, field in self.fields.items()}
        return {name: text for name, text in texts.items() if text}

    def problem(self) -> str:
        """Return the first problem of the values as a sentence; empty if all are valid."""
        return next(filter(None, self._problems().values()), "")

    def set_ports(self, ports: tuple[str, ...]) -> None:
        """Offer the present serial ports; fill in the port if there is only one."""
        gone, self._ports = set(self._ports) - set(ports), ports
        field = self.fields.get(_PORT)
        if isinstance(field, QComboBox):
            text = field.currentText()
            self._fill_ports(field, "" if text in gone and ports else text)

    @property
    def is_wrong(self) -> bool:
        """True if a value is invalid; a missing value does not count."""
        return any(bool(field.property("wrong")) for field in self.fields.values())

    def _add(self, name: str, value: str) -> None:
        parameter, needed = self._parameters[name], name in self._needs
        field: QLineEdit | QComboBox
        if parameter.choices:
            field = ComboBox()
            field.addItem(f"default: {parameter.hint}" if parameter.hint else "default", "")
            for choice in parameter.choices:
                field.addItem(choice, choice)
            field.setCurrentIndex(max(0, field.findData(value)))
            field.currentIndexChanged.connect(self._judge)
        else:
            line = field = QLineEdit(value, placeholderText=parameter.hint)
            if name == _PORT:
                field = ComboBox()
                field.setEditable(True)
                field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
                field.setLineEdit(line)
                self._fill_ports(field, value)
            line.setMinimumWidth(40)
            line.textChanged.connect(self._judge)
            line.returnPressed.connect(self.submitted)
        field.setToolTip(tip(f"{parameter.about or name}{': needed' if needed else ''}"))
        label = plain(named(QLabel(parameter.label + " *" * needed), "field"))
        self.fields[name] = field
        self._form.addRow(label, field)

    def _fill_ports(self, field: QComboBox, text: str) -> None:
        only = self._ports[0] if len(self._ports) == 1 and _PORT in self._needs else ""
        field.clear()
        field.addItems(list(self._ports))
        field.setEditText(text or only)

    def _problems(self) -> dict[str, str]:
        values = self.values()
        return {
            name: parameter.problem(values.get(name, ""), name in self._needs)
            for name, parameter in self._parameters.items()
        }

    def _judge(self) -> None:
        values = self.values()
        for name, problem in self._problems().items():
            # An empty required field is not marked as invalid.
            mark_wrong(self.fields[name], bool(problem) and name in values)
        self.changed.emit()

    def _show_later(self, shown: bool) -> None:
        for name in self._later:
            self._form.setRowVisible(self.fields[name], shown)
        self.more.setText("Less" if shown else "More ...")


def _text_of(field: QLineEdit | QComboBox) -> str:
    if isinstance(field, QLineEdit):
        return field.text().strip()
    return field.currentText().strip() if field.isEditable() else str(field.currentData())
