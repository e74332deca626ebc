import numpy as np

from bci.pipeline.cleaning.learnt import filter_arrays, has_trainable, with_filter_arrays
from bci.profiles.pipeline_settings import PipelineSettings

WANTED = PipelineSettings.model_validate(
    {
        "filters": [{"kind": "remove_dc"}, {"kind": "asr"}, {"kind": "regress"}],
        "window_s": 1,
        "kinds": ["eeg", "eog"],
    }
)
ARRAYS = {"filters.1.mixing": np.eye(3), "filters.2.own": np.ones((1, 1)), "weights": np.ones(2)}


def test_arrays_go_to_the_filter_at_their_position_and_come_back() -> None:
    trained = with_filter_arrays(WANTED, ARRAYS)
    assert [set(step.learnt) for step in trained.filters] == [set(), {"mixing"}, {"own"}]
    assert set(filter_arrays(trained)) == {"filters.1.mixing", "filters.2.own"}
    assert not filter_arrays(WANTED)


def test_settings_are_equal_whatever_they_learnt_and_no_file_holds_it() -> None:
    trained = with_filter_arrays(WANTED, ARRAYS)
    assert trained == WANTED
    assert trained.model_dump() == WANTED.model_dump()
    copied = trained.model_copy(update={"window_s": 2.0})
    assert set(copied.filters[1].learnt) == {"mixing"}


def test_filters_that_learn_are_known() -> None:
    assert has_trainable(WANTED)
    assert not has_trainable(WANTED.model_copy(update={"filters": WANTED.filters[:1]}))
