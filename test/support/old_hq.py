"""An HQ of the old OCT, as a turret sees it: the order of work and the frames of the original.

argv: publish port, rc port, run seconds, number of runs. Prints each status word with its turret, then
`results N ok` with the keys of all results, per run.
"""

import json
import sys
import time

import zmq


def main():
    publish_port, rc_port, seconds, runs = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    context = zmq.Context()
    publisher = context.socket(zmq.PUB)
    publisher.setsockopt(zmq.LINGER, 1000)
    publisher.bind(f"tcp://127.0.0.1:{publish_port}")
    pull = context.socket(zmq.PULL)
    pull.bind(f"tcp://127.0.0.1:{rc_port}")
    last = ""

    def order(command, message):
        publisher.send_string(" " + json.dumps({"command": command, "msg": message}, separators=(",", ":")))

    def receive(milliseconds):
        nonlocal last
        if not pull.poll(milliseconds):
            return None
        message = json.loads(pull.recv())
        if "status" in message:
            if set(message) != {"turret", "status", "uuid", "rampup", "script", "cannons"}:
                print(f"bad status {sorted(message)}", flush=True)
            if message["status"] != last:
                last = message["status"]
                print(f"status {message['turret']} {last}", flush=True)
            return None
        return message

    for _ in range(runs):
        while last != "ready":
            order("status_request", None)
            receive(200)
        order("set_transaction_context", {"color": "red"})
        order("start", "open fire")
        results = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = receive(50)
            if result is not None:
                results.append(result)
        order("stop", "premature stop")
        end = time.monotonic() + 2
        while time.monotonic() < end and last != "ready":
            result = receive(50)
            if result is not None:
                results.append(result)
        keys = {tuple(sorted(result)) for result in results}
        print(f"results {len(results)} {sorted(keys)}", flush=True)
    order("kill", "die")
    end = time.monotonic() + 2
    while time.monotonic() < end and last != "Killed":
        receive(50)
    context.destroy(linger=500)


main()
