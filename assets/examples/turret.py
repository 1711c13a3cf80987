#!/usr/bin/env python3
"""A complete oct turret in Python: OCT protocol 1 over python3-zmq and nothing else.

    python3 turret.py config.json

config.json holds: name, cannons, rampup, script, hq_address, hq_publisher, hq_rc. The transaction of
this example sleeps a few milliseconds under a timer; put your own work into `transaction`.
"""

import json
import random
import signal
import sys
import threading
import time
import uuid

import zmq

IDLE_STATUS_S = 2.0
DRAIN_S = 5.0


def transaction(timers):
    """One transaction. Add named durations in seconds to `timers`; raise to report an error."""
    began = time.monotonic()
    time.sleep(random.uniform(0.002, 0.006))
    timers["a timer"] = time.monotonic() - began


class Turret:
    def __init__(self, config):
        self.config = config
        self.uuid = str(uuid.uuid4())
        self.status = "ready"
        self.context = {}
        self.firing = threading.Event()
        self.cannons = []
        self.zmq = zmq.Context()
        self.orders = self.zmq.socket(zmq.SUB)
        self.orders.setsockopt_string(zmq.SUBSCRIBE, "")
        self.orders.connect(f"tcp://{config['hq_address']}:{config['hq_publisher']}")
        self.outgoing = self.push_socket()

    def push_socket(self):
        socket = self.zmq.socket(zmq.PUSH)
        # An HQ that is gone must not keep this process from ending.
        socket.setsockopt(zmq.LINGER, int(DRAIN_S * 1000))
        socket.connect(f"tcp://{self.config['hq_address']}:{self.config['hq_rc']}")
        return socket

    def say_status(self):
        self.outgoing.send_json(
            {
                "turret": self.config["name"],
                "status": self.status,
                "uuid": self.uuid,
                "rampup": self.config["rampup"],
                "script": self.config["script"],
                "cannons": self.config["cannons"],
            }
        )

    def cannon(self, delay_s, start):
        """One virtual user: its own socket, because a ZeroMQ socket belongs to one thread."""
        socket = self.push_socket()
        waited_until = start + delay_s
        while self.firing.is_set() and time.monotonic() < waited_until:
            time.sleep(min(0.05, max(0.0, waited_until - time.monotonic())))
        while self.firing.is_set():
            timers = {}
            error = ""
            began = time.monotonic()
            try:
                transaction(timers)
            except Exception as exception:  # an error of the script is data, not the end of the cannon
                error = str(exception) or exception.__class__.__name__
            ended = time.monotonic()
            socket.send_json(
                {
                    "turret_name": self.config["name"],
                    "elapsed": ended - start,
                    "epoch": time.time(),
                    "scriptrun_time": ended - began,
                    "error": error,
                    "custom_timers": timers,
                }
            )
        socket.close()

    def open_fire(self):
        if self.firing.is_set():
            return
        self.firing.set()
        start = time.monotonic()
        count = int(self.config["cannons"])
        step_s = float(self.config["rampup"]) / count if count else 0.0
        self.cannons = [
            threading.Thread(target=self.cannon, args=(step_s * index, start), daemon=True)
            for index in range(count)
        ]
        for cannon in self.cannons:
            cannon.start()
        self.status = "Running"
        self.say_status()

    def cease_fire(self):
        self.firing.clear()
        for cannon in self.cannons:
            cannon.join()
        self.cannons = []
        self.status = "ready"
        self.say_status()

    def obey(self, frame):
        text = frame.decode("utf-8", "replace")
        brace = text.find("{")
        if brace < 0:
            return True
        try:
            order = json.loads(text[brace:])
        except ValueError:
            return True
        command = order.get("command")
        if command == "status_request":
            self.say_status()
        elif command == "set_transaction_context" and isinstance(order.get("msg"), dict):
            self.context.update(order["msg"])
        elif command == "start":
            self.open_fire()
        elif command == "stop" and self.firing.is_set():
            self.cease_fire()
        elif command == "kill":
            self.status = "Killed"
            self.say_status()
            return False
        return True

    def serve(self):
        poller = zmq.Poller()
        poller.register(self.orders, zmq.POLLIN)
        self.say_status()
        while True:
            if poller.poll(IDLE_STATUS_S * 1000):
                if not self.obey(self.orders.recv()):
                    return 1
            elif not self.firing.is_set():
                self.say_status()

    def abort(self):
        self.firing.clear()
        self.status = "Aborted"
        self.say_status()
        self.outgoing.close()
        self.orders.close()


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        turret = Turret(json.load(file))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return turret.serve()
    except KeyboardInterrupt:
        turret.abort()
        return 130


if __name__ == "__main__":
    sys.exit(main())
