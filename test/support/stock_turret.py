"""A stock OCT turret replayed: obeys orders as the original did and sends the frames of a capture.

argv: publish port, rc port, capture file. Sends the statuses and results that the capture holds from
turrets to HQ, word for word: statuses until `start` comes, then `Running`, then every result, then waits
for `stop`. Prints what it obeyed, a line an order, and last `sent N`.
"""

import json
import sys

import zmq


def main():
    publish_port, rc_port, capture = sys.argv[1:4]
    statuses, results = [], []
    with open(capture, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event.get("kind") != "message" or event["link"] != "rc" or event["dir"] != "peer->hq":
                continue
            frame = event["frames"][0]
            (statuses if '"status"' in frame else results).append(frame)
    context = zmq.Context()
    orders = context.socket(zmq.SUB)
    orders.setsockopt_string(zmq.SUBSCRIBE, "")
    orders.connect(f"tcp://127.0.0.1:{publish_port}")
    push = context.socket(zmq.PUSH)
    push.setsockopt(zmq.LINGER, 5000)
    push.connect(f"tcp://127.0.0.1:{rc_port}")
    for status in statuses:
        if '"ready"' in status:
            push.send_string(status)
    sent = 0
    while True:
        frame = orders.recv().decode()
        # As the original: the whole frame goes to the JSON parser, so a topic word would be fatal.
        order = json.loads(frame)
        print(order["command"], flush=True)
        if order["command"] == "start":
            for status in statuses:
                if '"Running"' in status:
                    push.send_string(status)
            for result in results:
                push.send_string(result)
                sent += 1
        if order["command"] == "stop":
            break
    print(f"sent {sent}", flush=True)
    push.close()
    orders.close()
    context.term()


main()
