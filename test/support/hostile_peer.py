"""A peer that sends rubbish to an HQ's result port between good results.

argv: publish port, rc port, count of good results. Joins as a turret, and after `start` sends every kind
of malformed message with good results in between, then a flood of statuses. Prints `good N`.
"""

import json
import sys
import time

import zmq

MALFORMED = [
    b"",
    b"not json",
    b"\xff\xfe\x00bad utf-8",
    b"5",
    b'"status"',
    b"[]",
    b"{}",
    b'{"turret": "x"}',
    b'{"elapsed": 1, "epoch": 1, "scriptrun_time": NaN, "error": "", "custom_timers": {}}',
    b'{"elapsed": 1, "epoch": 1, "error": "", "custom_timers": {}}',
    b'{"elapsed": 1, "epoch": 1, "scriptrun_time": "abc", "error": "", "custom_timers": {}}',
    b'{"elapsed": 1, "epoch": 1, "scriptrun_time": -5, "error": "", "custom_timers": {}}',
    b'{"elapsed": 1, "epoch": 1, "scriptrun_time": 1, "error": "", "custom_timers": [1]}',
    b"[" * 100000,
    b"{" * 100000,
    b'{"elapsed": 1e999, "epoch": 1, "scriptrun_time": 1, "error": "", "custom_timers": {}}',
]


def main():
    publish_port, rc_port, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    context = zmq.Context()
    orders = context.socket(zmq.SUB)
    orders.setsockopt_string(zmq.SUBSCRIBE, "")
    orders.connect(f"tcp://127.0.0.1:{publish_port}")
    push = context.socket(zmq.PUSH)
    push.setsockopt(zmq.LINGER, 10000)
    push.setsockopt(zmq.SNDHWM, 0)
    push.connect(f"tcp://127.0.0.1:{rc_port}")
    status = {"turret": "hostile", "status": "ready", "uuid": "u-1", "rampup": "30", "script": "s", "cannons": "250"}
    push.send_json(status)
    while json.loads(orders.recv())["command"] != "start":
        pass
    started = time.monotonic()
    for index in range(count):
        push.send(MALFORMED[index % len(MALFORMED)])
        push.send_json(
            {
                "elapsed": time.monotonic() - started,
                "epoch": time.time(),
                "scriptrun_time": "0.010",
                "error": "bad status 500" if index % 2 else None,
                "custom_timers": {"get status": 0.005},
                "unknown": {"a": [1, 2]},
            }
        )
    for index in range(20000):
        push.send_json({**status, "status": f"storm {index}"})
    print(f"good {count}", flush=True)
    push.close()
    orders.close()
    context.term()


main()
