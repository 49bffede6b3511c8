"""Flows that a worker runs from prefect.yaml."""

import os
import signal
import time

from prefect import flow, task


@task(tags=["report"])
def count(day: str) -> int:
    print(f"counting {day}")
    return len(day)


@flow(name="clients-report", log_prints=True)
def report(day: str = "monday", factor: int = 1) -> int:
    """Counts the letters of a day."""
    return count(day) * factor


@flow(name="clients-doomed")
def doomed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@flow(name="clients-sleeper", log_prints=True)
def sleeper(seconds: int = 300) -> None:
    print("asleep")
    for _ in range(seconds * 10):
        time.sleep(0.1)


@flow(name="clients-family")
def family() -> None:
    sleeper()
