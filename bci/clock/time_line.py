"""The time line of a regular stream: smooth stamps, and an index for every sample.

The residual is a raw stamp minus the stamp that the fitted line predicts. Its course shows the
cause:

- It leaves zero and returns: samples were late (a hiccup, a burst), or a stamp was wrong.
- It rises and stays there: samples were lost.
- It grows evenly: the true rate differs from that of the line.
- It falls and stays there: late samples are punctual again, or the clock was set back.

Only later stamps can distinguish these cases, so samples off the line wait for them. The decision
about a sample depends on a fixed number of later stamps, and not on how stamps are split into
calls.
"""

import numpy as np

from bci.compiling import kernel

# Rows of `state`: next expected stamp, period, memory of the line in samples, the two largest
# recent excursions from the line, the largest residual of the present excursion, the last
# residual, the depth of residuals below the line, the last raw stamp, the sum of clock settings.
(
    NEXT, PERIOD, MEMORY, HIGHEST, SECOND, PEAK, STRAYED, DEPTH, LAST, SET_BY, N_STATE,
) = range(11)  # fmt: skip

# Rows of `counts`: next index, lost samples, gaps, clock jumps, samples seen, losses and gaps that
# later stamps can still undo, samples seen at the last loss, samples since the last irregular step
# (a run), length of the first run, length of the longest run that ended in a step back, 1 if the
# sender has just returned.
(
    INDEX, LOST, GAPS, JUMPS, SEEN, REVOCABLE, REVOCABLE_GAPS, LOST_AT, RUN, FIRST_RUN,
    LONGEST, RESUMED, N_COUNTS,
) = range(13)  # fmt: skip

# Rows of `settings`, in samples: memory of the line at first, and after it has settled, memory of
# excursions, one second, number of later stamps that decide, largest number that waits.
FIRST_MEMORY, MEMORY_LIMIT, JITTER_MEMORY, SECOND_LONG, PATIENCE, BOUND, N_SETTINGS = range(7)

# Verdicts about a sample off the line.
_WAIT, _RETURNS, _JITTER, _STEP, _RATE = range(5)

# A step of a stamp that differs from the period by more than this share is irregular.
_IRREGULAR = 0.01
# Tolerance, in periods, within which a step is a whole number of periods, hence lost samples.
_WHOLE = 0.05
# Number of the sender's chunks whose stamps decide.
_CHUNKS = 5
# Time, in seconds, for which a stream with unknown chunk length counts as new.
_NEW_S = 5
# Least ratio of a loss to the jitter if the stamps are unsteady or no stamps follow.
_UNSTEADY = 4.0
# Least memory of line and jitter, in chunks of the sender.
_CHUNKS_KEPT = 12
# A step of up to _FEW samples is a loss only if it is a whole number of samples within _ODD. If
# stamps jitter by more than _STEADY periods, this cannot be decided.
_FEW, _ODD, _STEADY = 10, 0.2, 0.3
# An excursion has ended when this share of it is left.
_RETURNED = 0.25
# From this number on, even steps mean another rate. Fewer may be losses at even distances by
# chance: eight random losses are even in one of several thousand cases.
_EVEN_STEPS = 8.0
# Excursions longer than this, in seconds, are not used to estimate the jitter.
_MAX_JITTER_S = 1.0
# The clock was set if stamps step back permanently by more than this, in seconds. A smaller step
# means that samples were late before.
_CLOCK_SET_S = 0.25
# A setting of the clock by less than this, in seconds, cannot be told from a loss by its arrival.
_AHEAD_S = 1.0
# No sender buffers samples for this long, in seconds. If the clock was set by more, it was right
# before, and the smooth stamps continue from there.
_NO_BUFFER_S = 10.0
# A longer gap, in seconds, is no loss but a setting of the clock.
_MAX_LOST_S = 86_400.0
# Time, in seconds, during which later stamps can undo a loss.
_REVOCABLE_S = 30
# Least period, as a share of the nominal one, for a sender that gives all samples the same stamp.
_LEAST_PERIOD = 1e-5


@kernel(error_model="numpy")
def _even_steps(raw, i, j, sign, line, period):  # type: ignore[no-untyped-def]
    """Count the even steps by which the residuals rise from ``i`` to ``j``; 0 if uneven.

    Steps of whole periods must be equal and at equal distances, otherwise they are single losses.
    Other steps must lie along the straight line from ``i`` to ``j``.
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
        # The residuals rise slowly, without any step.
        return _EVEN_STEPS if off < 0.1 * rise else 0.0
    mean = climbed / n_steps
    if are_whole:
        is_even = largest - smallest < 2.0 * _WHOLE * period and farthest - nearest <= 1
    else:
        is_even = off <= 1.1 * mean
    return rise / mean if is_even else 0.0


@kernel(error_model="numpy")
def _judge(raw, i, before, line, period, usual, depth, weight, patience, bound, final):  # type: ignore[no-untyped-def]
    """Decide from later stamps the cause of the residual of sample ``i``.

    ``before`` is the raw stamp of the last sample on the line. Returns the verdict and its value:
    the step in seconds, or the new period. The cost is one pass over the waiting samples.
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
            # A residual lower by half a period begins a new level; earlier ones are not judged.
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
            # A loss and a setting of the clock are sudden, but this change is slow.
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
            # With unsteady or few stamps, only a larger step is a loss and not lateness.
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
    """Count lost samples; or a setting of the clock if no loss can explain the step."""
    # Stamps reach below the line by their jitter, so the lowest residual after a loss does too.
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
        # The step is no whole number of periods: no sample was lost, later ones are only delayed.
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
    """Undo a loss that was only lateness; otherwise count a setting back of the clock."""
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
    """Update the two largest finished excursions from the line; a single one is no jitter."""
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
        # The excursion is over; the next one begins when residuals grow again.
        state[PEAK] = 0.0
    elif ends or away > height:
        state[PEAK] = residual
    state[STRAYED] = residual


@kernel()
def _learn_chunks(stamp, settings, state, counts):  # type: ignore[no-untyped-def]
    """Update the longest run of regular steps that ended in a step back: the sender's chunk."""
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
    """Return the number of later stamps that must confirm a step: a few of the sender's chunks."""
    if counts[RESUMED]:
        # Samples sent while the sender was away are certainly lost.
        return 1
    patience = int(settings[PATIENCE])
    if counts[LONGEST] > 0:
        return max(patience, _CHUNKS * counts[LONGEST])
    # Until a step back shows the chunk length, the samples before the first step may be a chunk.
    if counts[FIRST_RUN] == 0 and counts[SEEN] <= settings[SECOND_LONG]:
        return patience + _CHUNKS * counts[SEEN]
    if counts[SEEN] <= _NEW_S * settings[SECOND_LONG]:
        return patience + _CHUNKS * counts[FIRST_RUN]
    return patience


@kernel()
def _begin(raw, final, settings, state):  # type: ignore[no-untyped-def]
    """Start the line at the first finite stamp; return whether there is one.

    The first stamp is wrong if the next two agree and neither loss nor lateness explains it.
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
    """Return the row of the next finite stamp from ``i`` on, or ``end``."""
    while i < end and not np.isfinite(raw[i]):
        i += 1
    return i


@kernel(error_model="numpy")
def follow_clock(raw, latest, final, settings, state, counts, times, indices):  # type: ignore[no-untyped-def]
    """Smooth the time stamps of a regular stream and number its samples.

    A line is fitted to the stamps with fading memory (an alpha-beta tracker whose memory grows).
    ``raw`` (n,) are stamps in seconds. ``latest`` is the newest stamp that a loss can explain.
    ``final`` states that no later stamps will come. ``settings``, ``state`` and ``counts`` have the
    rows named above. ``times`` and ``indices`` (n,) are the output. Returns the number of samples
    that were decided; the caller passes the others again, before later ones.
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
            # The jitter of a new stream is known only from the stamps after the step.
            weight = 1.0 if counts[SEEN] <= _NEW_S * settings[SECOND_LONG] else 0.5
            verdict, value = _judge(
                raw, i, state[LAST], state[NEXT], state[PERIOD], state[SECOND], state[DEPTH],
                weight, min(_patience(settings, counts), int(settings[BOUND]) - 1),
                int(settings[BOUND]), final,
            )  # fmt: skip
            if verdict == _WAIT:
                return i
            if verdict == _RETURNS:
                # A single late chunk does not change the line; frequent ones count as jitter.
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
