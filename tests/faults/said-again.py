"""Everything that a flow says to the server but its tasks: `python said-again.py NAME`. Prints what came of it as JSON.

A flow asks and is answered, is sent inputs, starts a run of the deployment NAME-target/d and emits events.
"""

import json
import sys
import threading
import time

from prefect import flow, pause_flow_run
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.flow_runs import resume_flow_run
from prefect.input import RunInput, receive_input, send_input
from prefect.runtime import flow_run

name = sys.argv[1]
own: list = []
told: dict = {}


class Order(RunInput):
    count: int


@flow(name=name)
def listens() -> None:
    own.append(flow_run.id)
    told["target"] = str(run_deployment(f"{name}-target/d", timeout=0, idempotency_key=name).id)
    told["order"] = pause_flow_run(wait_for_input=Order, timeout=60, poll_interval=1).count
    told["heard"] = []
    for number in receive_input(int, timeout=60, poll_interval=0.2):
        told["heard"].append(number)
        emit_event(event="said.once", resource={"prefect.resource.id": f"said.{name}"}, payload={"number": number})
        if len(told["heard"]) == 4:
            break


def answer() -> None:
    """A person elsewhere: answers once the flow has asked, then sends it four numbers."""
    with get_client(sync_client=True) as client:
        while not own or not client.filter_flow_run_input(own[0], "paused-", 9, set()):
            time.sleep(0.2)
    resume_flow_run(own[0], run_input={"count": 3})
    for number in range(4):
        send_input(number, flow_run_id=own[0])


if __name__ == "__main__":
    person = threading.Thread(target=answer)
    person.start()
    listens()
    person.join()
    print(json.dumps(told))
