"""Runs a program in a terminal of its own and does what it is told, one JSON order a line: types,
changes the size, sends signals. What the program writes goes out as it is, in base64, a line each;
at the end how it ended and how it left the terminal."""

import base64
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    given = json.loads(sys.argv[1])
    pid, master = pty.fork()
    if pid == 0:
        resize(0, given["columns"], given["rows"])
        os.chdir(given["cwd"])
        os.execve(given["command"][0], given["command"], given["env"])
    orders = b""
    sources = [master, 0]
    while master in sources:
        ready, _, _ = select.select(sources, [], [])
        if 0 in ready:
            some = os.read(0, 65536)
            if not some:
                os.kill(pid, signal.SIGKILL)
                sources.remove(0)
            orders += some
            while b"\n" in orders:
                line, orders = orders.split(b"\n", 1)
                order = json.loads(line)
                if order["do"] == "type":
                    os.write(master, order["text"].encode())
                elif order["do"] == "resize":
                    resize(master, order["columns"], order["rows"])
                elif order["do"] == "signal":
                    os.kill(pid, getattr(signal, order["name"]))
        if master in ready:
            try:
                some = os.read(master, 65536)
            except OSError:
                some = b""
            if some:
                say(output=base64.b64encode(some).decode())
            else:
                sources.remove(master)
                continue
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            end(master, status)
            return
    _, status = os.waitpid(pid, 0)
    end(master, status)


def end(master, status):
    """Takes what is still in the terminal; the modes are those that the next program would find."""
    modes = None
    try:
        modes = termios.tcgetattr(master)[3]
        while select.select([master], [], [], 0)[0]:
            some = os.read(master, 65536)
            if not some:
                break
            say(output=base64.b64encode(some).decode())
    except OSError:
        pass
    flags = termios.ECHO | termios.ICANON | termios.ISIG
    say(code=os.waitstatus_to_exitcode(status), isCooked=modes is None or modes & flags == flags)


main()
