#!/usr/bin/env python3
"""Runs a command and passes its input and output on, each way so many milliseconds later: a line that is long. Standard library only.

    relay.py MILLISECONDS COMMAND [OLD NEW]

What it answers says NEW where it said OLD, which is as long: another engine, as far as anybody is told.
"""

import os
import queue
import subprocess
import sys
import threading
import time


def passing(source, target, delay, end, change=lambda data: data):
    """Passes bytes on in order, each after the delay, and then the end."""
    waiting = queue.Queue()

    def read():
        while True:
            data = os.read(source, 1 << 16)
            waiting.put((time.monotonic() + delay, change(data)))
            if not data:
                return

    threading.Thread(target=read, daemon=True).start()
    while True:
        due, data = waiting.get()
        time.sleep(max(0.0, due - time.monotonic()))
        if not data:
            return end()
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(target, view):]
        except BrokenPipeError:
            return end()


def main():
    delay = int(sys.argv[1]) / 1000
    child = subprocess.Popen(["/bin/sh", "-c", sys.argv[2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    threading.Thread(
        target=passing, args=(0, child.stdin.fileno(), delay, child.stdin.close), daemon=True).start()
    old, new = (word.encode() for word in (sys.argv[3:] or ["", ""]))
    assert len(old) == len(new)
    passing(child.stdout.fileno(), 1, delay, lambda: None, (lambda data: data.replace(old, new)) if old else lambda data: data)
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
