"""The shipped base models can be fine-tuned, and are offered."""

from pathlib import Path

import pytest

import decoders
from bci.cli.training_source import TrainingSource
from bci.errors import MismatchError
from bci.models.bundle import base_folder, load_bundle, shipped_bases
from bci.profiles.profile import load_profile
from bci.signals import Channel, StreamInfo
from bci.training.calibrate import check_base_fits
from bci.training.decoder_choices import class_choices


@pytest.mark.parametrize("name", list(shipped_bases()))
def test_a_shipped_base_loads_and_is_small(name: str) -> None:
    folder = base_folder(Path(name))
    card, arrays = load_bundle(folder)
    assert card.people is not None
    assert card.people.windows > 0
    decoders.create(card.decoder.name, card.decoder.params, arrays)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2_000_000


def test_a_headset_with_some_of_its_electrodes_is_offered_the_shipped_base(tmp_path: Path) -> None:
    names = ("C3", "Cz", "C4", "CP3", "CP4", "FC3", "FC4", "CPz")
    channels = tuple(Channel(name, "eeg", "uV") for name in names)
    info = StreamInfo("headset", "EEG", 250.0, channels)
    offers = class_choices(tmp_path, load_profile("motor-imagery"), info)
    base = next(offer.base for offer in offers if offer.name == "From other people")
    assert base in shipped_bases().values()


def test_base_of_another_decoder_is_refused_before_that_decoder_is_made() -> None:
    duin = load_profile("motor-imagery").with_decoder("duin")
    with pytest.raises(MismatchError, match="give --decoder tangent-space, or a base of duin"):
        TrainingSource(duin, Path("eegmmidb-hands"))


def test_channels_that_a_base_lacks_are_named() -> None:
    channels = tuple(Channel(name, "eeg", "uV") for name in ("C3", "Fp1", "Cz", "O1"))
    card, _ = load_bundle(base_folder(Path("eegmmidb-hands")))
    info = StreamInfo("headset", "EEG", 250.0, channels)
    with pytest.raises(MismatchError, match=r"lacks the channels Fp1, O1; .* pipeline\.channels"):
        check_base_fits(card, load_profile("motor-imagery"), info)
