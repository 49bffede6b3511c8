"""Flows that run in this process: `python flows.py etl fanout …` runs the named ones in order."""

import sys
from datetime import timedelta

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.states import Completed, Failed
from prefect.tasks import task_input_hash
from prefect.variables import Variable

attempts = {"transform": 0, "flaky": 0, "youngest": 0}


@task(tags=["etl", "extract"], cache_key_fn=task_input_hash, cache_expiration=timedelta(hours=1), persist_result=True)
def extract(rows: int) -> list[int]:
    print(f"extracting {rows} rows")
    return list(range(rows))


@task(retries=2, retry_delay_seconds=1)
def transform(numbers: list[int]) -> list[int]:
    attempts["transform"] += 1
    if attempts["transform"] == 1:
        raise ValueError("the first attempt always fails")
    return [number * 2 for number in numbers]


@task(tags=["etl", "load"], task_run_name="load-{table}")
def load(numbers: list[int], table: str) -> int:
    print(f"loaded {len(numbers)} rows into {table}")
    return len(numbers)


@flow(name="clients-etl", log_prints=True, version="1.2.3", description="Three tasks in a row")
def etl(rows: int = 5, table: str = "sales") -> int:
    print("début — 開始")
    return load(transform(extract(rows)), table)


@task
def square(number: int) -> int:
    return number * number


@flow(name="clients-submits")
def submits() -> int:
    return sum(future.result() for future in [square.submit(number) for number in range(10)])


@flow(name="clients-map")
def mapped() -> int:
    return sum(square.map(list(range(100))).result())


@task
def leaf(depth: int) -> int:
    return depth


@flow(name="clients-grandchild", flow_run_name="grandchild-{depth}")
def grandchild(depth: int) -> int:
    return leaf(depth)


@flow(name="clients-child")
def child(depth: int) -> int:
    return grandchild(depth + 1)


@flow(name="clients-parent")
def parent() -> int:
    return child(1)


@flow(name="clients-youngest")
def youngest() -> int:
    attempts["youngest"] += 1
    if attempts["youngest"] == 1:
        raise RuntimeError("not the first time")
    return attempts["youngest"]


@flow(name="clients-middle", retries=1, retry_delay_seconds=1)
def middle() -> int:
    return youngest() + leaf(1)


@flow(name="clients-eldest")
def eldest() -> int:
    return middle() + leaf(2)


@flow(name="clients-flaky", retries=1, retry_delay_seconds=1, log_prints=True)
def flaky() -> str:
    attempts["flaky"] += 1
    print(f"attempt {attempts['flaky']}")
    if attempts["flaky"] == 1:
        raise RuntimeError("not yet")
    return "done"


@flow(name="clients-failing", retries=1)
def failing() -> None:
    raise RuntimeError("never works")


@flow(name="clients-returns-failed")
def returns_failed():
    return Failed(message="the numbers do not add up")


@flow(name="clients-returns-named")
def returns_named():
    return Completed(name="Partially", message="seven of ten")


@task
def boom() -> None:
    raise KeyError("missing")


@flow(name="clients-task-fails")
def task_fails() -> None:
    boom()


@task
def table_of_contents() -> None:
    create_table_artifact(key="clients-table", table=[{"name": "a", "rows": 1}, {"name": "b", "rows": 2}])


@flow(name="clients-extras")
def extras() -> str:
    Variable.set("clients_greeting", {"text": "hello", "count": 2}, tags=["greeting"], overwrite=True)
    create_markdown_artifact(key="clients-report", markdown="# Report\n\nall *well*", description="first")
    create_markdown_artifact(key="clients-report", markdown="# Report\n\nbetter", description="second")
    create_link_artifact(link="https://example.com/data", key="clients-link")
    table_of_contents()
    return Variable.get("clients_greeting")["text"]


def twice() -> None:
    """The second run finds the first one's `extract` in the cache."""
    etl()
    etl()


scenarios = {
    "etl": twice,
    "fanout": lambda: (submits(), mapped()),
    "nesting": parent,
    "stubborn": eldest,
    "flaky": flaky,
    "failing": lambda: failing(return_state=True),
    "returns": lambda: (returns_failed(return_state=True), returns_named(return_state=True)),
    "task_fails": lambda: task_fails(return_state=True),
    "extras": extras,
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        scenarios[name]()
    print("all scenarios done")
