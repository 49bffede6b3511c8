"""What is under way while the server is killed: `python restarted.py flows|serve|tasks`; workers run `suspends` and `sleeps`.

Who works notes in the file that NOTES names that it begins and ends, and does not end before the file NOTES.go is there:
so it is at work while the server is not there.
"""

import os
import sys
import threading
import time

from prefect import flow, pause_flow_run, suspend_flow_run, task
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.concurrency.sync import concurrency
from prefect.futures import PrefectDistributedFuture
from prefect.runtime import flow_run
from prefect.task_worker import serve


def note(line: str) -> None:
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{line}\n")


def work(what: str) -> None:
    note(f"{what} begins")
    while not os.path.exists(os.environ["NOTES"] + ".go"):
        time.sleep(0.1)
    time.sleep(1)
    note(f"{what} ends")


@flow(name="pauses", log_prints=True)
def pauses() -> None:
    print("before the pauses")
    pause_flow_run(timeout=300, poll_interval=1)
    print("between the pauses")
    pause_flow_run(timeout=300, poll_interval=1)
    print("after the pauses")


@flow(name="suspends", log_prints=True)
def suspends() -> None:
    suspend_flow_run(timeout=300)
    work("suspended")


@flow(name="sleeps")
def sleeps() -> None:
    note("sleeper begins")
    for _ in range(3000):
        time.sleep(0.1)


@flow(name="queues")
def queues() -> None:
    work(f"queue {flow_run.id}")


@task
def holds(number: int) -> None:
    with concurrency("slots", occupy=1):
        work(f"slot {number}")


@flow(name="contends")
def contends() -> None:
    holds.map(range(6)).wait()


@task(persist_result=True)
def in_background(number: int) -> int:
    work(f"task {number}")
    return number


def result_of(future: PrefectDistributedFuture) -> int:
    """Who listens for results gives up when the server is killed as it comes back, and learns of them when it asks anew."""
    while True:
        try:
            return future.result(timeout=20)
        except TimeoutError:
            pass


def flows() -> None:
    """A pause, a contended limit, and tasks that others run, all at once."""
    pausing = threading.Thread(target=pauses)
    contending = threading.Thread(target=contends)
    pausing.start()
    contending.start()
    futures = [in_background.delay(number) for number in range(6)]
    print("results", sorted(map(result_of, futures)), flush=True)
    contending.join()
    pausing.join()
    print("all is done")


if __name__ == "__main__":
    match sys.argv[1]:
        case "flows":
            flows()
        case "serve":
            queues.serve(name="here", global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy="ENQUEUE"))
        case "tasks":
            serve(in_background, limit=2)
