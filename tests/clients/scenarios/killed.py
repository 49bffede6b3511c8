"""A flow whose process dies by SIGKILL in the middle of a task: nobody is left to tell the server."""

import os
import signal
import time

from prefect import flow, get_run_logger, task


@task
def first() -> None:
    get_run_logger().info("still alive")


@task
def last() -> None:
    # What was logged and recorded so far is sent in the background: give it time to leave this process.
    time.sleep(2)
    os.kill(os.getpid(), signal.SIGKILL)


@flow(name="clients-killed")
def killed() -> None:
    first()
    last()


if __name__ == "__main__":
    killed()
