"""Catch falling stars in a terminal: decisions that come over UDP push the cart.

bci demo                                   # or: bci run PROFILE --model FOLDER
bci bridge udp
python examples/udp_game.py [PORT] [SECONDS] [WIDTH]
"""

import json
import socket
import sys
import time

HEIGHT, FRAME_S, SILENT_S, PUSH = 10, 0.1, 3.0, {"left": -1, "right": 1}


def main(port: str = "5005", seconds: str = "60", width: str = "31") -> None:
    held, came, cart, star, fallen, caught = None, 0.0, int(width) // 2, 0, 0, 0
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", int(port)))
    receiver.setblocking(False)
    for _ in range(round(float(seconds) / FRAME_S)):
        time.sleep(FRAME_S)
        try:
            while message := json.loads(receiver.recv(8192)):
                key = {"decision": "label", "status": "decided"}.get(message["kind"])
                held = message[key] if key else held  # a status mends the loss of a datagram
                came = time.monotonic()
        except (BlockingIOError, ValueError):
            held = held if time.monotonic() - came < SILENT_S else None  # the bridge is gone
            cart = min(max(cart + PUSH.get(held, 0), 0), int(width) - 1)
        caught += fallen == HEIGHT and star == cart
        star, fallen = (star, fallen + 1) if fallen < HEIGHT else (time.time_ns() % int(width), 0)
        sky = "\n" * fallen + " " * star + "*" + "\n" * (HEIGHT + 1 - fallen)
        print(f"\033[2J\033[H{sky}{' ' * cart}U\ncaught {caught}, decided: {held or '-'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
