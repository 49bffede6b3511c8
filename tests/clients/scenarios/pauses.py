"""Flows that pause: `python pauses.py asks …` runs the named ones in order; `serve` serves the one that is suspended."""

import sys

from prefect import flow, pause_flow_run, suspend_flow_run
from prefect.input import RunInput


class Order(RunInput):
    count: int
    name: str = "weir"


@flow(name="clients-asks", log_prints=True)
def asks() -> str:
    order = pause_flow_run(wait_for_input=Order, timeout=120, poll_interval=1)
    print(f"{order.count} for {order.name}")
    return f"{order.count} for {order.name}"


@flow(name="clients-pauses", log_prints=True, retries=1)
def pauses() -> None:
    pause_flow_run(timeout=120, poll_interval=1, key="once")
    # The same pause again has fired.
    pause_flow_run(timeout=120, poll_interval=1, key="once")
    print("went on")


@flow(name="clients-forgotten")
def forgotten() -> None:
    pause_flow_run(timeout=3, poll_interval=1)


@flow(name="clients-suspended", log_prints=True)
def suspended() -> None:
    order = suspend_flow_run(wait_for_input=Order, timeout=120)
    print(f"came back for {order.count}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        suspended.serve(name="here")
    for name in sys.argv[1:]:
        {"asks": asks, "pauses": pauses, "forgotten": forgotten}[name](return_state=True)
    print("all scenarios done")
