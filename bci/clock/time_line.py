"""The time line of a regular stream: smooth stamps, and an index for every sample.

The residual is a raw stamp minus the line that the stamps before it predict. Its course shows
what happened:

- It leaves the line and comes back: samples were late (a hiccup, a burst), or a stamp was wrong.
- It rises for good: samples were lost.
- It moves away evenly: the rate is another one than the line has.
- It falls for good: late samples became punctual again, or the clock was set back.

Only later stamps can distinguish these, so samples off the line wait for them. A decision about a
sample depends on a fixed number of later stamps and never on how the stamps are split into calls.
"""

import numpy as np

from bci.compiling import kernel

# Rows of `state`: next stamp expected, period, memory of the line in samples, the two greatest
# excursions of late, the greatest residual of the present one, the last residual, how far the
# residuals reach below the line, the last raw stamp, by how much the clock was set.
(
    NEXT, PERIOD, MEMORY, HIGHEST, SECOND, PEAK, STRAYED, DEPTH, LAST, SET_BY, N_STATE,
) = range(11)  # fmt: skip

# Rows of `counts`: next index, samples lost, gaps, clock jumps, samples seen, losses and gaps
# that later stamps can still undo, samples seen at the last loss, samples since the last
# irregular step, the first such run, the longest one that ended in a step back, whether the
# sender was gone just now.
(
    INDEX, LOST, GAPS, JUMPS, SEEN, REVOCABLE, REVOCABLE_GAPS, LOST_AT, RUN, FIRST_RUN,
    LONGEST, RESUMED, N_COUNTS,
) = range(13)  # fmt: skip

# Rows of `settings`, in samples: memory of the line at first and when it has settled, memory of
# excursions from it, one second, how many decide, how many wait at most.
FIRST_MEMORY, MEMORY_LIMIT, JITTER_MEMORY, SECOND_LONG, PATIENCE, BOUND, N_SETTINGS = range(7)

# Verdicts about a sample off the line.
_WAIT, _RETURNS, _JITTER, _STEP, _RATE = range(5)

# A step of a stamp that differs from the period by more than this share is irregular.
_IRREGULAR = 0.01
# A step this near to a whole number of periods is a loss of so many samples, in periods.
_WHOLE = 0.05
# A sender's chunk is this often shorter than the stretch that decides.
_CHUNKS = 5
# A stream whose chunks are not known yet is new for so long, in seconds.
_NEW_S = 5
# Where stamps stray, or nothing follows, a loss is this many times larger than the jitter.
_UNSTEADY = 4.0
# Lines and jitter are remembered for this many chunks at least.
_CHUNKS_KEPT = 12
# So few samples are only lost if they are a whole number, to this share of one; where stamps
# jitter by more than that share of a period nothing distinguishes them.
_FEW, _ODD, _STEADY = 10, 0.2, 0.3
# An excursion has ended when this share of it is left.
_RETURNED = 0.25
# So many even steps are a rate, fewer may be losses that came evenly by chance: eight random
# ones do in one of some thousand cases.
_EVEN_STEPS = 8.0
# An excursion beyond this teaches nothing about jitter, in seconds.
_MAX_JITTER_S = 1.0
# The clock was set if stamps go back for good by more than this, in seconds; less is lateness.
_CLOCK_SET_S = 0.25
# A step of less than this is not distinguished from a loss by its arrival, in seconds.
_AHEAD_S = 1.0
# No sender holds samples back for so long, in seconds: a clock set by more was right before, and
# the stamps that are given continue from there.
_NO_BUFFER_S = 10.0
# A gap longer than this is no loss but a clock that was set, in seconds.
_MAX_LOST_S = 86_400.0
# A loss can be undone for so long, in seconds.
_REVOCABLE_S = 30
# No period is shorter than this share of a period (a sender that stamps all alike).
_LEAST_PERIOD = 1e-5


@kernel(error_model="numpy")
def _even_steps(raw, i, j, sign, line, period):  # type: ignore[no-untyped-def]
    """Count the even steps that the residuals climb from ``i`` to ``j``; 0 where they are uneven.

    Whole periods have to come in equal steps at equal distances: else they are single losses.
    Other steps have to lie along the chord.
    """
    first = sign * (raw[i] - line)
    rise = sign * (raw[j] - line - (j - i) * period) - first
    slope = rise / (j - i)
    n_steps, climbed, previous, previous_at, are_whole = 0, 0.0, first, -1, True
    largest, smallest, farthest, nearest, off = 0.0, np.inf, 0, len(raw), 0.0
    for k in range(i + 1, j + 1):
        away = sign * (raw[k] - line - (k - i) * period)
        if not np.isfinite(away):
            continue
        off = max(off, abs(away - first - slope * (k - i)))
        step = away - previous
        previous = away
        if step < -_IRREGULAR * period:
            are_whole = False
        if step <= _IRREGULAR * period:
            continue
        n_steps += 1
        climbed += step
        largest, smallest = max(largest, step), min(smallest, step)
        are_whole = are_whole and abs(step / period - np.rint(step / period)) < _WHOLE
        if previous_at >= 0:
            farthest, nearest = max(farthest, k - previous_at), min(nearest, k - previous_at)
        previous_at = k
    if n_steps == 0:
        # A slow ramp without any step.
        return _EVEN_STEPS if off < 0.1 * rise else 0.0
    mean = climbed / n_steps
    if are_whole:
        is_even = largest - smallest < 2.0 * _WHOLE * period and farthest - nearest <= 1
    else:
        is_even = off <= 1.1 * mean
    return rise / mean if is_even else 0.0


@kernel(error_model="numpy")
def _judge(raw, i, before, line, period, usual, depth, weight, patience, bound, final):  # type: ignore[no-untyped-def]
    """Tell from later stamps what became of the residual of sample ``i``.

    ``before`` is the raw stamp of the last sample on the line. Returns the verdict and its value:
    the step in seconds, or the new period. The cost is one pass over the samples that wait.
    """
    threshold = 0.5 * period + usual
    sign = 1.0 if raw[i] > line else -1.0
    first = sign * (raw[i] - line)
    lowest, floor, at = first, first, i
    top, fall, last, j_last = first, 0.0, first, i
    steepest = abs(raw[i] - before - period)
    check = 0
    for j in range(i + 1, len(raw) + 1):
        ended = j == len(raw)
        if ended and not final:
            return _WAIT, 0.0
        if not ended:
            away = sign * (raw[j] - line - (j - i) * period)
            if not np.isfinite(away):
                continue
            if away <= threshold:
                return _RETURNS, 0.0
            # Half a period lower is a new level; what was before it is no longer judged.
            if away < floor - 0.5 * period:
                floor, at, top, fall = away, j, away, 0.0
            lowest = min(lowest, away)
            top = max(top, away)
            fall = max(fall, top - away)
            steepest = max(steepest, abs(away - last))
            last, j_last = away, j
            full = j - i + 1 >= bound
            if not (full or (j - at >= patience and j - i + 1 >= check)):
                continue
            check = j - i + 1 + max(1, (j - i + 1) // 4)
        else:
            full = True
        rise = last - first
        n_steps = 0.0
        if steepest < 0.5 * period:
            # Neither a loss nor a set clock comes so gently.
            if rise <= 0.0:
                return _JITTER, 0.0
            n_steps = _EVEN_STEPS
        elif rise > period:
            n_steps = _even_steps(raw, i, j_last, sign, line, period)
        if n_steps >= _EVEN_STEPS:
            changed = period + sign * rise / (j_last - i)
            if changed < _LEAST_PERIOD * period:
                return _RETURNS, 0.0
            return _RATE, changed
        if n_steps >= 2.0 and not full:
            continue
        jitter = max(usual, depth)
        if jitter > _STEADY * period or (ended and j_last - at < patience):
            # Stamps that stray, or too few of them, take more to distinguish a loss from lateness.
            jitter *= _UNSTEADY
        if sign < 0.0:
            jitter = usual
        if lowest > 0.5 * period + max(jitter, weight * fall):
            return _STEP, lowest
        return _JITTER, 0.0
    return _WAIT, 0.0


@kernel()
def _set_clock(by, state, counts):  # type: ignore[no-untyped-def]
    counts[JUMPS] += 1
    if abs(by) > _NO_BUFFER_S:
        state[SET_BY] += by


@kernel()
def _step_forward(step, stamp, latest, settings, state, counts):  # type: ignore[no-untyped-def]
    """Samples were lost; or the clock was set, where no loss can explain the step."""
    # Stamps reach below the line by their jitter, and so does the lowest after a loss.
    step += state[DEPTH]
    latest = max(latest, state[NEXT] + _AHEAD_S)
    state[NEXT] += step
    if stamp > latest or step > _MAX_LOST_S:
        _set_clock(step, state, counts)
        return
    periods = step / state[PERIOD]
    lost = max(1, int(np.rint(periods)))
    jitter = max(state[SECOND], state[DEPTH])
    if lost <= _FEW and jitter < _STEADY * state[PERIOD] and abs(periods - lost) > _ODD:
        # No number of samples takes so long: the sender is later from here on.
        return
    if counts[SEEN] - counts[LOST_AT] > _REVOCABLE_S * settings[SECOND_LONG]:
        counts[REVOCABLE] = counts[REVOCABLE_GAPS] = 0
    counts[INDEX] += lost
    counts[LOST] += lost
    counts[GAPS] += 1
    counts[REVOCABLE] += lost
    counts[REVOCABLE_GAPS] += 1
    counts[LOST_AT] = counts[SEEN]


@kernel()
def _step_back(step, settings, state, counts):  # type: ignore[no-untyped-def]
    """A loss was lateness after all; or the clock was set back."""
    back = int(np.rint(min(step, _MAX_LOST_S) / state[PERIOD]))
    recent = counts[SEEN] - counts[LOST_AT] <= _REVOCABLE_S * settings[SECOND_LONG]
    if recent and counts[REVOCABLE] > 0 and back <= counts[REVOCABLE] + 1:
        undone = min(back, counts[REVOCABLE])
        counts[LOST] -= undone
        counts[REVOCABLE] -= undone
        if counts[REVOCABLE] == 0:
            counts[GAPS] -= counts[REVOCABLE_GAPS]
            counts[REVOCABLE_GAPS] = 0
    elif step > _CLOCK_SET_S and counts[SEEN] > 2 * settings[SECOND_LONG]:
        _set_clock(-step, state, counts)
    state[NEXT] -= step


@kernel()
def _learn_jitter(residual, settings, state, counts):  # type: ignore[no-untyped-def]
    """Keep the two greatest excursions from the line that ended; one alone is no jitter."""
    kept = 1.0 - 1.0 / max(settings[JITTER_MEMORY], _CHUNKS_KEPT * counts[LONGEST])
    state[HIGHEST] *= kept
    state[SECOND] *= kept
    state[DEPTH] *= kept
    if abs(residual) > _MAX_JITTER_S:
        return
    state[DEPTH] = max(state[DEPTH], -residual)
    height, away, before = abs(state[PEAK]), abs(residual), abs(state[STRAYED])
    ends = residual * state[PEAK] < 0.0 or away < _RETURNED * height
    if ends:
        if height > state[HIGHEST]:
            state[SECOND], state[HIGHEST] = state[HIGHEST], height
        elif height > state[SECOND]:
            state[SECOND] = height
    if (ends and residual * state[PEAK] >= 0.0) or (height == 0.0 and away <= before):
        # On its way back: the next excursion begins when it leaves again.
        state[PEAK] = 0.0
    elif ends or away > height:
        state[PEAK] = residual
    state[STRAYED] = residual


@kernel()
def _learn_chunks(stamp, settings, state, counts):  # type: ignore[no-untyped-def]
    """Keep the longest run of regular steps that ended in a step back: a sender's chunk."""
    if not np.isfinite(stamp):
        return
    step = stamp - state[LAST] - state[PERIOD]
    state[LAST] = stamp
    if abs(step) <= _IRREGULAR * state[PERIOD]:
        counts[RUN] += 1
        return
    if counts[RUN] <= settings[SECOND_LONG]:
        if step < 0.0:
            counts[LONGEST] = max(counts[LONGEST], counts[RUN])
        elif counts[FIRST_RUN] == 0:
            counts[FIRST_RUN] = counts[RUN]
    counts[RUN] = 1


@kernel()
def _patience(settings, counts):  # type: ignore[no-untyped-def]
    """Count the stamps that have to confirm a step: a few chunks of the sender's."""
    if counts[RESUMED]:
        # What it sent meanwhile is lost for sure.
        return 1
    patience = int(settings[PATIENCE])
    if counts[LONGEST] > 0:
        return max(patience, _CHUNKS * counts[LONGEST])
    # Until a step back shows the chunks, what came before the first step may be one.
    if counts[FIRST_RUN] == 0 and counts[SEEN] <= settings[SECOND_LONG]:
        return patience + _CHUNKS * counts[SEEN]
    if counts[SEEN] <= _NEW_S * settings[SECOND_LONG]:
        return patience + _CHUNKS * counts[FIRST_RUN]
    return patience


@kernel()
def _begin(raw, final, settings, state):  # type: ignore[no-untyped-def]
    """Lay the line through the first stamp that is a number; whether there is one.

    A first stamp that no loss or lateness explains is a wrong one, where the next two agree.
    """
    most = min(len(raw), int(settings[BOUND]))
    first = _next_finite(raw, 0, most)
    second = _next_finite(raw, first + 1, most)
    more_come = not final and len(raw) < settings[BOUND]
    if second >= most and more_come:
        return False
    state[NEXT] = raw[first] - first * state[PERIOD] if first < most else 0.0
    other = raw[second] - second * state[PERIOD] if second < most else state[NEXT]
    step = other - state[NEXT]
    if step < -_CLOCK_SET_S or step > _MAX_LOST_S:
        third = _next_finite(raw, second + 1, most)
        if third >= most and more_come:
            return False
        if third < most and abs(raw[third] - third * state[PERIOD] - other) < _CLOCK_SET_S:
            state[NEXT] = other
    state[MEMORY] = settings[FIRST_MEMORY]
    state[LAST] = state[NEXT] - state[PERIOD]
    return True


@kernel()
def _next_finite(raw, i, end):  # type: ignore[no-untyped-def]
    """Row of the next stamp that is a number, or ``end``."""
    while i < end and not np.isfinite(raw[i]):
        i += 1
    return i


@kernel(error_model="numpy")
def follow_clock(raw, latest, final, settings, state, counts, times, indices):  # type: ignore[no-untyped-def]
    """Smooth the time stamps of a regular stream and number its samples, as far as stamps allow.

    A line is fitted to the stamps with fading memory (an alpha-beta tracker whose memory grows).
    ``raw`` (n,) are stamps in seconds; ``latest`` is the newest stamp that a loss can explain,
    ``final``: no later stamps will come. ``settings``, ``state`` and ``counts`` have the
    rows named above. ``times``, ``indices`` (n,) are the output. Returns how many samples were
    decided; the others have to come again, in front of later ones.
    """
    if counts[SEEN] == 0 and (len(raw) == 0 or not _begin(raw, final, settings, state)):
        return 0
    for i in range(len(raw)):
        residual = raw[i] - state[NEXT]
        if not np.isfinite(residual):
            residual = 0.0
        strayed = residual
        threshold = 0.5 * state[PERIOD] + state[SECOND]
        if abs(residual) > threshold:
            # Of a new stream the jitter after a step is all that is known of it.
            weight = 1.0 if counts[SEEN] <= _NEW_S * settings[SECOND_LONG] else 0.5
            verdict, value = _judge(
                raw, i, state[LAST], state[NEXT], state[PERIOD], state[SECOND], state[DEPTH],
                weight, min(_patience(settings, counts), int(settings[BOUND]) - 1),
                int(settings[BOUND]), final,
            )  # fmt: skip
            if verdict == _WAIT:
                return i
            if verdict == _RETURNS:
                # One late chunk does not bend the line; where they are usual they are jitter.
                residual = min(max(residual, -state[HIGHEST]), state[HIGHEST])
            elif verdict == _JITTER:
                residual = min(max(residual, -threshold), threshold)
            else:
                if verdict == _RATE:
                    state[PERIOD], state[NEXT] = value, raw[i]
                    state[MEMORY] = settings[FIRST_MEMORY]
                elif residual > 0.0:
                    _step_forward(value, raw[i], latest, settings, state, counts)
                else:
                    _step_back(value, settings, state, counts)
                state[PEAK] = 0.0
                residual = raw[i] - state[NEXT]
                strayed = residual
                if abs(residual) > threshold:
                    residual = 0.0
        _learn_jitter(strayed, settings, state, counts)
        _learn_chunks(raw[i], settings, state, counts)
        n = max(state[MEMORY], min(_CHUNKS_KEPT * counts[LONGEST], settings[MEMORY_LIMIT]))
        stamp = state[NEXT] + residual * 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0))
        state[PERIOD] += residual * 6.0 / (n * (n + 1.0))
        state[NEXT] = stamp + state[PERIOD]
        state[MEMORY] = min(n + 1.0, settings[MEMORY_LIMIT])
        times[i] = stamp - state[SET_BY]
        indices[i] = counts[INDEX]
        counts[INDEX] += 1
        counts[SEEN] += 1
        counts[RESUMED] = 0
    return len(raw)
