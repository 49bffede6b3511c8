"""Background tasks: `serve` is a task worker, `delay N` queues N tasks and prints their ids, `wait ID…` prints their results."""

import sys
import time
from uuid import UUID

from prefect import task
from prefect.futures import PrefectDistributedFuture
from prefect.task_worker import serve


@task(name="clients-adds", log_prints=True, persist_result=True)
def adds(left: int, right: int) -> int:
    print(f"{left} + {right}")
    return left + right


@task(name="clients-flickers", retries=1, persist_result=True)
def flickers(path: str) -> str:
    with open(path, "a+") as file:
        file.seek(0)
        if file.read() == "":
            file.write("tried")
            raise RuntimeError("not yet")
    return "done"


@task(name="clients-sleeps", persist_result=True)
def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def main() -> None:
    command, *rest = sys.argv[1:]
    if command == "serve":
        serve(adds, flickers, sleeps, limit=int(rest[0]))
    elif command == "delay":
        futures = [adds.delay(number, 1) for number in range(int(rest[0]))]
        print("queued", *[future.task_run_id for future in futures])
    elif command == "flicker":
        print("result", flickers.delay(rest[0]).result(timeout=60))
    elif command == "sleep":
        futures = [sleeps.delay(float(rest[1])) for _ in range(int(rest[0]))]
        print("queued", *[future.task_run_id for future in futures])
    elif command == "wait":
        print("results", *[PrefectDistributedFuture(task_run_id=UUID(id)).result(timeout=60) for id in rest])


if __name__ == "__main__":
    main()
