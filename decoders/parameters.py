"""Parameters of decoders, as a profile gives them."""


def flag(name: str, value: object) -> bool:
    """Read a parameter that is true or false; any other value is a mistake of the profile.

    Raises
    ------
    ValueError
        If it is neither; the message names it.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r} must be true or false")
    return value
