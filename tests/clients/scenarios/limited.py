"""`.serve()` of a flow of which one run may be at work at a time; the argument says what becomes of the others."""

import sys
import time

from prefect import flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig


@flow(name="clients-limited")
def limited() -> None:
    time.sleep(3)


if __name__ == "__main__":
    strategy = sys.argv[1]
    limited.serve(name=strategy, global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=strategy))
