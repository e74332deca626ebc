"""The peer: what one writes in an afternoon with pylsl and scipy.

As a program it decodes one stream for a while and prints the latencies as JSON.
"""

import json
import sys
import time

import numpy as np
import psutil
import pylsl
from scipy import signal
from sklearn.linear_model import LogisticRegression


class StraightforwardChain:
    """Common average, 8-30 Hz band-pass of order 4, 50 Hz notch, in scipy."""

    def __init__(self, sfreq: float, n_channels: int) -> None:
        self.bandpass = signal.butter(4, [8, 30], "bandpass", fs=sfreq, output="sos")
        self.notch = signal.tf2sos(*signal.iirnotch(50, 30, fs=sfreq))
        self.bandpass_state = np.zeros((len(self.bandpass), 2, n_channels))
        self.notch_state = np.zeros((len(self.notch), 2, n_channels))

    def process(self, chunk: np.ndarray) -> np.ndarray:
        chunk = chunk - chunk.mean(axis=1, keepdims=True)
        chunk, self.bandpass_state = signal.sosfilt(
            self.bandpass, chunk, axis=0, zi=self.bandpass_state
        )
        chunk, self.notch_state = signal.sosfilt(self.notch, chunk, axis=0, zi=self.notch_state)
        return chunk


def decode(name: str, seconds: float) -> dict[str, object]:
    """Decode stream ``name`` for a while: 2 s windows every 100 ms, log band power, regression."""
    (found,) = pylsl.resolve_byprop("name", name, 1, 10)
    sfreq, n_channels = found.nominal_srate(), found.channel_count()
    inlet = pylsl.StreamInlet(found, max_buflen=60)
    rng = np.random.default_rng(0)
    classifier = LogisticRegression().fit(rng.normal(size=(40, n_channels)), np.arange(40) % 2)
    outlet = pylsl.StreamOutlet(
        pylsl.StreamInfo(f"{name}-peer", "Predictions", 2, 0, "float32", f"{name}-peer")
    )
    chain = StraightforwardChain(sfreq, n_channels)
    n_window, hop, n_chunk = round(2 * sfreq), round(0.1 * sfreq), round(0.01 * sfreq)
    window = np.zeros((0, n_channels))
    latencies, since_last, n_samples = [], 0, 0
    inlet.open_stream(timeout=10)
    process = psutil.Process()
    started, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
    while time.perf_counter() - started < seconds:
        samples, stamps = inlet.pull_chunk(timeout=1.0, max_samples=n_chunk)
        if not stamps:
            continue
        n_samples += len(stamps)
        window = np.concatenate([window, chain.process(np.array(samples))])[-n_window:]
        since_last += len(stamps)
        if since_last >= hop and len(window) == n_window:
            since_last = 0
            features = np.log(np.var(window, axis=0))
            probabilities = classifier.predict_proba(features[None])[0]
            latencies.append(pylsl.local_clock() - stamps[-1])
            outlet.push_sample(probabilities)
    spent = time.perf_counter() - started
    return {
        "latencies": latencies,
        "cpu": (sum(process.cpu_times()[:2]) - cpu) / spent,
        "rss_mb": process.memory_info().rss / 1e6,
        "samples": n_samples,
    }


if __name__ == "__main__":
    print(json.dumps(decode(sys.argv[1], float(sys.argv[2]))))
