"""What older clients do in one flow: retries, limits on tags, subflows, slots. Prints what came of it as JSON.

`python older.py cache` caches as well, which clients of Prefect 2 do with blocks.
"""

import json
import sys
import threading
import time

from prefect import flow, get_run_logger, task
from prefect.concurrency.sync import concurrency
from prefect.tasks import task_input_hash

lock = threading.Lock()
attempts = {"flaky": 0, "cached": 0}
at_once = 0
most = 0


def work() -> None:
    """Notes how many are at it together."""
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    time.sleep(0.1)
    with lock:
        at_once -= 1


@task(retries=2, retry_delay_seconds=1)
def flaky() -> int:
    attempts["flaky"] += 1
    if attempts["flaky"] == 1:
        raise ValueError("the first attempt always fails")
    return attempts["flaky"]


@task(tags=["clients-tag"])
def tagged(number: int) -> int:
    work()
    return number


@task(cache_key_fn=task_input_hash, persist_result=True)
def cached(number: int) -> int:
    attempts["cached"] += 1
    return number


@flow(name="clients-older-child")
def child(number: int) -> int:
    get_run_logger().info("the child got %s", number)
    return number + 1


@flow(name="clients-older", log_prints=True)
def older() -> dict:
    print("it begins")
    told = {"flaky": flaky(), "child": child(1)}
    told["tagged"] = sorted(future.result() for future in [tagged.submit(number) for number in range(4)])
    told["tagged at once"] = most
    if "cache" in sys.argv:
        told["cached"] = [cached(7), cached(7), attempts["cached"]]
    with concurrency("clients-limit", occupy=1):
        told["with a slot"] = True
    return told


if __name__ == "__main__":
    print(json.dumps(older()))
