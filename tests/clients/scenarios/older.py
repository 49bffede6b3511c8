"""What older clients do in one flow: retries, limits on tags, subflows, slots, inputs. Prints what came of it as JSON.

`python older.py cache` caches as well, which clients of Prefect 2 do with blocks.
"""

import asyncio
import json
import sys
import threading
import time

from prefect import flow, get_run_logger, task
from prefect.concurrency.asyncio import concurrency as slots
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.events import emit_event
from prefect.input import RunInput
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


@task
def doubled(number: int) -> int:
    return 2 * number


@task(timeout_seconds=0.2)
def slow() -> None:
    for _ in range(20):
        time.sleep(0.1)


@task
async def at_once_too(number: int) -> int:
    async with slots("clients-limit", occupy=1):
        return number


class Number(RunInput):
    number: int


@flow(name="clients-older-asks")
async def asks() -> list:
    """Receives what its own process sends it."""
    from prefect.runtime import flow_run

    for number in (5, 6):
        await Number(number=number).send_to(flow_run.id)
    received = []
    async for one in Number.receive(timeout=30, poll_interval=1):
        received.append(one.number)
        if len(received) == 2:
            return sorted(received)
    return sorted(received)


@flow(name="clients-older-all-at-once")
async def all_at_once() -> list:
    return sorted(await asyncio.gather(*[at_once_too(number) for number in range(3)]))


def slot_in_time() -> bool:
    """Whether a slot is to be had within a second while somebody has it."""
    with concurrency("clients-limit", occupy=1):
        try:
            with concurrency("clients-limit", occupy=1, timeout_seconds=1):
                return True
        except TimeoutError:
            return False


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
    told["mapped"] = [future.result() for future in doubled.map([1, 2])]
    told["timed out"] = slow(return_state=True).name
    with concurrency("clients-limit", occupy=1):
        told["with a slot"] = True
    told["no slot in time"] = not slot_in_time()
    began = time.monotonic()
    for _ in range(3):
        rate_limit("clients-rate")
    told["at a rate"] = time.monotonic() - began > 0.3
    emit_event("clients.told", resource={"prefect.resource.id": "clients.older"})
    return told


def main() -> dict:
    return {**older(), "received": asyncio.run(asks()), "all at once": asyncio.run(all_at_once())}


if __name__ == "__main__":
    print(json.dumps(main()))
