"""Runs a program on a terminal of its own: `terminal.py PROGRAM ARGS…`, with `[{"sees": …, "types": …}]` on standard input.

Types each answer once what it waits for has been shown since the last answer. Prints all that the program showed, and
ends as it ended.
"""

import json
import os
import pty
import re
import select
import sys

answers = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])

shown = ""
read_until = 0
while True:
    if answers and answers[0]["sees"] in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown[read_until:]):
        read_until = len(shown)
        os.write(terminal, answers.pop(0)["types"].encode())
    if not select.select([terminal], [], [], 60)[0]:
        break
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # Linux says so when the program has closed its end
        break
    if not chunk:
        break
    shown += chunk.decode("utf8", "replace")

_, status = os.waitpid(child, 0)
sys.stdout.write(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
sys.exit(os.waitstatus_to_exitcode(status))
