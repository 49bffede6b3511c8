"""Slots of limits that exist: `concurrency()`, `rate_limit()` and tagged tasks. Prints what came of it as JSON."""

import json
import sys
import threading
import time

from prefect import flow, task
from prefect.concurrency.sync import concurrency, rate_limit

at_once = 0
most = 0
lock = threading.Lock()


def work(together: int) -> None:
    """Notes how many are at it together, and stays until so many were, should the machine be slow."""
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    time.sleep(0.2)
    patience = time.monotonic() + 20
    while most < together and time.monotonic() < patience:
        time.sleep(0.1)
    with lock:
        at_once -= 1


@task(tags=["clients-tag"])
def tagged(number: int) -> int:
    work(together=1)
    return number


@task
def limited(number: int) -> int:
    with concurrency("clients-limit"):
        work(together=2)
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


@flow(name="clients-loses-its-lease")
def loses_its_lease() -> None:
    """Renews its lease after three quarters of a minute, and stops when it has none any more."""
    with concurrency("clients-lease", lease_duration=60, strict=True):
        print("holds a slot", flush=True)
        for _ in range(900):
            time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1:] == ["lease"]:
        loses_its_lease()
    else:
        print(json.dumps(limits()))
