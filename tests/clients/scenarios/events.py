"""Events of this process's own: `emit` emits sixty, `read` reads them back in pages of twenty-five and prints what came as JSON."""

import json
import sys

from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventOrder

EVENT = "clients.counted"


def emit() -> None:
    last = None
    for number in range(60):
        resource = {"prefect.resource.id": f"clients.counter.{number % 2}", "prefect.resource.name": "a counter"}
        related = [{"prefect.resource.id": "clients.hall", "prefect.resource.role": "place"}]
        last = emit_event(event=EVENT, resource=resource, related=related, payload={"number": number}, follows=last)


def read() -> None:
    wanted = EventFilter(event=EventNameFilter(name=[EVENT]), order=EventOrder.ASC)
    pages = []
    with get_client(sync_client=True) as client:
        page = client.read_events(wanted, limit=25)
        while page:
            pages.append([event.payload["number"] for event in page.events])
            total = page.total
            first = page.events[0]
            page = page.get_next_page_sync(client)
    print(json.dumps({"pages": pages, "total": total, "related": [related.id for related in first.related], "follows": first.follows is not None}))


if __name__ == "__main__":
    {"emit": emit, "read": read}[sys.argv[1]]()
