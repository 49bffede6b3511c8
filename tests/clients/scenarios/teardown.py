"""A worker that can take down what runs started: processes of this machine, as the worker of a provider does with containers."""

import asyncio
import os
import signal
import sys

from prefect.exceptions import InfrastructureNotFound
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker


class StoppingWorker(ProcessWorker):
    async def kill_infrastructure(
        self, infrastructure_pid: str, configuration: ProcessJobConfiguration, grace_seconds: int = 30
    ) -> None:
        print("takes down", infrastructure_pid)
        try:
            os.kill(int(infrastructure_pid.split(":")[-1]), signal.SIGKILL)
        except ProcessLookupError as error:
            raise InfrastructureNotFound(infrastructure_pid) from error


async def tell(worker: StoppingWorker) -> None:
    """Prints what the worker knows of its pool whenever that changes; it asks nobody."""
    told = None
    while True:
        known = worker._work_pool and f"is_paused={worker._work_pool.is_paused} limit={worker._work_pool.concurrency_limit}"
        if known and known != told:
            print("pool", known)
            told = known
        await asyncio.sleep(0.05)


async def main(pool: str) -> None:
    worker = StoppingWorker(work_pool_name=pool, name="stopping")
    telling = asyncio.create_task(tell(worker))
    try:
        await worker.start()
    finally:
        telling.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
