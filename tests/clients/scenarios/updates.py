"""Changes a pool, a queue and a deployment as clients do: to something else, to the same again, to several things at once."""

import asyncio
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate, WorkPoolUpdate


async def main(name: str) -> None:
    async with get_client() as client:
        template = {"job_configuration": {"command": "x"}, "variables": {"properties": {"a": {}}}}
        await client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
        for change in (
            WorkPoolUpdate(description="of updates"),
            WorkPoolUpdate(description="of updates"),
            WorkPoolUpdate(description="and more", concurrency_limit=5),
            WorkPoolUpdate(is_paused=True),
            WorkPoolUpdate(is_paused=False),
            WorkPoolUpdate(base_job_template={**template, "variables": {"properties": {"env": {"default": {}}}}}),
            WorkPoolUpdate(concurrency_limit=6),
        ):
            await client.update_work_pool(name, change)

        queue = await client.create_work_queue(name=f"{name}-queue", work_pool_name=name)
        for changes in (
            {"description": "first"},
            {"description": "first"},
            {"priority": 1, "concurrency_limit": 2},
            {"is_paused": True},
            {"is_paused": False},
            {"concurrency_limit": 3},
        ):
            await client.update_work_queue(queue.id, **changes)

        flow = await client.create_flow_from_name(name)
        given = {"flow_id": flow, "name": name, "work_pool_name": name, "tags": ["a"], "parameters": {"x": 1}}
        deployment = await client.create_deployment(**given)
        await client.create_deployment(**given)
        await client.create_deployment(**{**given, "tags": ["a", "b"], "version": "2"})
        for change in (
            DeploymentUpdate(tags=["a", "b"]),
            DeploymentUpdate(parameters={"x": 2}),
            DeploymentUpdate(paused=True),
            DeploymentUpdate(work_pool_name=name, work_queue_name=f"{name}-queue"),
            DeploymentUpdate(job_variables={"env": {"TOKEN": "secret"}}),
            DeploymentUpdate(description="the last"),
        ):
            await client.update_deployment(deployment, change)


asyncio.run(main(sys.argv[1]))
