"""Slots of limits that exist: `concurrency()`, `rate_limit()` and tagged tasks. Prints what came of it as JSON."""

import json
import threading
import time

from prefect import flow, task
from prefect.concurrency.sync import concurrency, rate_limit

at_once = 0
most = 0
lock = threading.Lock()


def work() -> None:
    """Notes how many are at it together."""
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    time.sleep(0.2)
    with lock:
        at_once -= 1


@task(tags=["clients-tag"])
def tagged(number: int) -> int:
    work()
    return number


@task
def limited(number: int) -> int:
    with concurrency("clients-limit"):
        work()
    return number


@flow(name="clients-limits")
def limits() -> dict:
    global most
    told = {}
    told["tagged"] = sorted(tagged.map(range(6)).result())
    told["tagged at once"] = most
    most = 0
    told["limited"] = sorted(limited.map(range(6)).result())
    told["limited at once"] = most
    since = time.monotonic()
    for _ in range(4):
        rate_limit("clients-rate")
    told["the rate is kept"] = time.monotonic() - since > 0.9
    with concurrency("clients-limit", occupy=2):
        try:
            with concurrency("clients-limit", timeout_seconds=1):
                pass
        except TimeoutError as error:
            told["without a slot"] = type(error).__name__
    try:
        with concurrency("clients-limit", occupy=3):
            pass
    except Exception as error:
        told["more than there are"] = [type(error).__name__, str(error)]
    try:
        with concurrency("clients-none", strict=True):
            pass
    except Exception as error:
        told["of no limit, strict"] = [type(error).__name__, str(error)]
    with concurrency("clients-none"):
        told["of no limit"] = "goes on"
    return told


if __name__ == "__main__":
    print(json.dumps(limits()))
