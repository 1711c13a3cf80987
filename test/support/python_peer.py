"""A foreign ZeroMQ peer that does what it is told: one JSON command a line in, one JSON answer out.

Frames travel as base64. Written for tests of our own binding against another implementation.
"""

import base64
import json
import sys

import zmq

context = zmq.Context()
sockets = {}


def frames_of(command):
    return [base64.b64decode(frame) for frame in command["frames"]]


def run(command):
    what = command["do"]
    if what == "open":
        socket = sockets[command["name"]] = context.socket(getattr(zmq, command["type"]))
        socket.setsockopt(zmq.LINGER, 2000)
        return None
    socket = sockets[command["name"]]
    if what == "set":
        value = command["value"]
        socket.setsockopt(
            getattr(zmq, command["option"]), value.encode() if isinstance(value, str) else value
        )
    elif what == "bind":
        socket.bind(command["endpoint"])
        return socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
    elif what == "connect":
        socket.connect(command["endpoint"])
    elif what == "send":
        socket.send_multipart(frames_of(command))
    elif what == "send many":
        for index in range(command["count"]):
            socket.send(b"%d" % index)
    elif what == "send sized":
        socket.send(b"x" * command["size"])
    elif what == "receive":
        if socket.poll(command["timeout"]) == 0:
            return None
        return [base64.b64encode(frame).decode() for frame in socket.recv_multipart()]
    elif what == "receive size":
        if socket.poll(command["timeout"]) == 0:
            return None
        return len(socket.recv())
    elif what == "close":
        sockets.pop(command["name"]).close()
    return None


for line in sys.stdin:
    try:
        answer = {"value": run(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
context.destroy(linger=0)
