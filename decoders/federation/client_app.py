"""A site's answers, as a Flower client app."""

import logging
from collections.abc import Callable

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from decoders.federation.messages import (
    FINISH,
    HELLO,
    NUMBERS,
    REFUSALS,
    TRAIN,
    NotUnderstoodError,
    read,
    write,
)
from decoders.federation.site import Arrays, Contribution, Site, what_is_wrong

_log = logging.getLogger(__name__)

OnRound = Callable[[int, Contribution], None]
OnEnd = Callable[[int, int, float], None]
"""Called with how many rounds and partners there were, and the accuracy on held-out trials."""
OnRefusal = Callable[[str], None]
"""Called with why this site refuses; the server asks it for nothing more."""


def client_app(
    site: Site,
    agreement: int,
    finish_epochs: int,
    on_round: OnRound,
    on_end: OnEnd,
    on_refusal: OnRefusal = lambda _why: None,
) -> ClientApp:
    """Make what answers for a site; nothing but `messages.ANSWERS` and changes leaves it.

    Parameters
    ----------
    site : Site
    agreement : int
        Digest of this site's copy of the agreement.
    finish_epochs : int
    on_round, on_end, on_refusal : callable
        Told at the site, not at the server.
    """
    app = ClientApp()

    @app.query()  # type: ignore[untyped-decorator, unused-ignore]
    def hello(message: Message, _context: Context) -> Message:
        return _answer(message, HELLO, lambda _numbers, _arrays: write({}))

    @app.train()  # type: ignore[untyped-decorator, unused-ignore]
    def train(message: Message, _context: Context) -> Message:
        def do(numbers: dict[str, float], shared: Arrays) -> RecordDict:
            made = site.train(int(numbers["round"]), shared)
            on_round(int(numbers["round"]), made)
            told = {
                "trials": made.n_trials, "received": made.received,
                "trained": made.trained, "loss": made.loss,
            }  # fmt: skip
            return write(told, made.change)

        return _answer(message, TRAIN, do)

    @app.evaluate()  # type: ignore[untyped-decorator, unused-ignore]
    def finish(message: Message, _context: Context) -> Message:
        def do(numbers: dict[str, float], shared: Arrays) -> RecordDict:
            n_rounds, n_partners = int(numbers["rounds"]), int(numbers["partners"])
            accuracy = site.finish(n_rounds, shared, finish_epochs)
            on_end(n_rounds, n_partners, accuracy)
            return write({"accuracy": accuracy})

        return _answer(message, FINISH, do)

    def _answer(
        message: Message, kind: str, do: Callable[[dict[str, float], Arrays], RecordDict]
    ) -> Message:
        try:
            numbers, arrays = read(message.content, NUMBERS[kind], with_arrays=kind != HELLO)
            wrong = what_is_wrong(arrays, site.shapes) if kind != HELLO else None
        except NotUnderstoodError as error:
            wrong, numbers, arrays = str(error), {"agreement": agreement}, {}
        if numbers["agreement"] != agreement:
            _log.warning("the server's file of the federation differs from this site's")
            return refuse(message, 1)
        if wrong is not None:
            _log.warning("the server sent what does not fit: %s", wrong)
            return refuse(message, 2)
        try:
            return Message(do(numbers, arrays), reply_to=message)  # type: ignore[arg-type]
        except Exception:  # noqa: BLE001 - whatever it is
            # What went wrong may name files or people: it is told here, never to the server.
            _log.exception("this site could not do its part")
            return refuse(message, 3)

    def refuse(message: Message, code: int) -> Message:
        on_refusal(REFUSALS[code])
        return Message(write({"refused": code}), reply_to=message)

    return app
