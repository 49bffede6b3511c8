"""Runs a program on a terminal of its own: `terminal.py PROGRAM ARGS…`, with `[{"sees": …, "types": …}]` on standard input.

Types each answer, a key, once what it waits for has been shown since the last answer and the program reads single keys:
it throws away what was typed before. Prints all that the program showed, and ends as it ended. A program that shows
nothing new for half a minute is killed.
"""

import json
import os
import pty
import re
import select
import signal
import sys
import termios
import time

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SILENCE_SECONDS = 30

answers = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])

shown = ""
read_until = 0
heard = time.monotonic()


def reads_keys() -> bool:
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


while True:
    if answers and answers[0]["sees"] in ESCAPES.sub("", shown[read_until:]) and reads_keys():
        read_until = len(shown)
        os.write(terminal, answers.pop(0)["types"].encode())
    if not select.select([terminal], [], [], 0.05)[0]:
        if time.monotonic() - heard > SILENCE_SECONDS:
            os.kill(child, signal.SIGKILL)
        continue
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # Linux says so when the program has closed its end
        break
    if not chunk:
        break
    shown += chunk.decode("utf8", "replace")
    heard = time.monotonic()

_, status = os.waitpid(child, 0)
sys.stdout.write(ESCAPES.sub("", shown))
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
