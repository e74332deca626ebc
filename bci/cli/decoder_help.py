"""Help of commands with a decoder option: the names of the installed decoders."""

from typing import Any

from typer.core import TyperCommand

from bci.plugins.decoder_offers import by_task, carrying_over, decoder_names

_ALL, _CARRYING_OVER = "[decoders]", "[decoders that carry over]"
DECODER_HELP = f"Instead of the profile's: {_ALL}."
BASE_DECODER_HELP = f"Instead of the profile's: {_CARRYING_OVER}."


class DecoderCommand(TyperCommand):
    """A command whose help lists the decoders; they are searched only when the help is shown."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        for parameter in self.params:
            if text := getattr(parameter, "help", None):
                parameter.help = _filled_in(text)  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)


def _filled_in(text: str) -> str:
    if _ALL in text:
        return text.replace(_ALL, by_task(decoder_names()))
    if _CARRYING_OVER in text:
        return text.replace(_CARRYING_OVER, by_task(carrying_over()))
    return text
