"""Move a cursor by decisions: left and right steer it, no decision lets it rest.

    bci demo                                   # or: bci run PROFILE --model FOLDER
    python examples/closed_loop_game.py [ENGINE] [SECONDS] [STEPS]

It ends after so many seconds, or so many steps if there are that many before.
"""

import sys
import time

import bci

WIDTH = 41
FRAME_S = 0.05


def main(name: str = "bci", seconds: str = "60", steps: str = "100") -> None:
    position, moved, end = WIDTH // 2, 0, time.monotonic() + float(seconds)
    with bci.subscribe(name) as engine:
        directions = {engine.classes[0]: -1, engine.classes[1]: 1}
        while time.monotonic() < end and moved < int(steps) and engine.connected:
            decision = engine.decision
            if decision in directions:
                position = min(max(position + directions[decision], 0), WIDTH - 1)
                moved += 1
                print(f"{decision:>8}: |{'-' * position}o{'-' * (WIDTH - 1 - position)}|")
            time.sleep(FRAME_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
