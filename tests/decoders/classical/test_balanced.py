"""With equal class weights, a rare class is also decided."""

import numpy as np
import pytest

import decoders


@pytest.mark.parametrize("name", ["tangent-space", "csp-lda", "log-power"])
def test_a_rare_class_is_decided_where_classes_count_alike(name: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(240) % 8 == 0, "target", "other")
    windows = rng.normal(size=(240, 4, 64)).astype(np.float32)
    windows[labels == "target", 0] *= 1.2
    found = {}
    for balanced in (False, True):
        decoder = decoders.create(name, {"balanced": balanced})
        decoder.fit(windows[:160], labels[:160])
        decided = [int(np.argmax(decoder.predict_proba(window))) for window in windows[160:]]
        right = np.array(decoder.classes)[decided] == labels[160:]
        found[balanced] = [right[labels[160:] == label].mean() for label in ("target", "other")]
    assert found[True][0] > found[False][0] + 0.2
    assert np.mean(found[True]) > 0.6
