"""What a site's noisy changes give away, told by Google's accountant."""

from dp_accounting import GaussianDpEvent
from dp_accounting.rdp import RdpAccountant


def epsilon(n_sent: int, noise: float, delta: float) -> float:
    """The epsilon of differential privacy of a whole site's recordings, for a delta.

    Against anyone who sees the changes that the site sent, the server included. Exchanging all
    of a site's recordings moves a change by at most twice the clipping norm, hence half of
    ``noise``, which is in units of that norm. Counts of trials and accuracies are not covered.

    Parameters
    ----------
    n_sent : int
        Changes that have left the site.
    noise, delta : float
    """
    accountant = RdpAccountant()
    accountant.compose(GaussianDpEvent(noise / 2), n_sent)
    return float(accountant.get_epsilon(delta))
