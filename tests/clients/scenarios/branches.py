"""Branches a deployment, changes it and goes back, and prints what it was each time, as JSON."""

import json
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate


def main(name: str) -> None:
    with get_client(sync_client=True) as client:
        before = client.read_deployment_by_name(name)
        branch = client.read_deployment(client.create_deployment_branch(before.id, "fix/retries"))
        client.update_deployment(before.id, DeploymentUpdate(parameters={"day": "changed"}))
        changed = client.read_deployment(before.id)
        # The client has no method for this one.
        answer = client._client.post(f"/deployments/{before.id}/versions/{before.version_id}/promote", json={})
        after = client.read_deployment(before.id)
        print(
            json.dumps(
                {
                    "branch": [branch.name, branch.branch, branch.base == before.id, branch.root == before.id],
                    "changed": [changed.parameters, changed.version_id != before.version_id],
                    "after": [answer.json(), after.parameters == before.parameters, after.version_id == before.version_id],
                }
            )
        )


main(sys.argv[1])
