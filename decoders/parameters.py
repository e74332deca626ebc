"""Checks of decoder parameters from a profile."""


def flag(name: str, value: object) -> bool:
    """Check that the parameter ``name`` is true or false, and return it.

    Raises
    ------
    ValueError
        If it is neither; the message names it.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r} must be true or false")
    return value
