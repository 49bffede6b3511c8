"""Prints what the peer's own code makes of random sequences of proposals, one JSON line a sequence; see transitions.ts.

    python tests/differential/transitions.py --count 300 --seed 7

A sequence is a run, how it is born, and a few proposals; or several task runs that compete for slots of their tags. Instants are told by the stored state whose timestamp they are
(`s0` the first), or in tens of seconds from the birth. Leases and deployments' limits have tests of their own.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import random
import sys
import tempfile

home = tempfile.mkdtemp()
os.environ["PREFECT_HOME"] = home
os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{home}/peer.db"
os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"

from prefect.server import models  # noqa: E402
from prefect.server.database import provide_database_interface  # noqa: E402
from prefect.server.orchestration import core_policy  # noqa: E402
from prefect.server.schemas import actions, core, states  # noqa: E402
from prefect.server.task_queue import TaskQueue  # noqa: E402
from prefect.types._datetime import now  # noqa: E402

RESULT = {"storage_key": "k"}
UNPERSISTED = {"type": "unpersisted"}
TYPES = ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"]
NAMES = {
    "SCHEDULED": ["Scheduled", "Scheduled", "Late", "AwaitingRetry", "Resuming"],
    "PENDING": ["Pending", "Pending", "Submitting", "InfrastructurePending"],
    "RUNNING": ["Running", "Running", "Retrying"],
    "PAUSED": ["Paused", "Suspended"],
}
# What usually follows, so that a sequence gets somewhere; the rest is drawn from all.
NEXT = {
    "SCHEDULED": ["PENDING", "PENDING", "RUNNING", "SCHEDULED", "CANCELLING"],
    "PENDING": ["RUNNING", "RUNNING", "PENDING", "CANCELLING", "CRASHED"],
    "RUNNING": ["FAILED", "FAILED", "PAUSED", "PAUSED", "COMPLETED", "CANCELLING", "CRASHED", "RUNNING"],
    "PAUSED": ["RUNNING", "SCHEDULED", "CANCELLING", "FAILED", "PAUSED"],
    "CANCELLING": ["CANCELLED", "FAILED", "CANCELLING"],
}
KEYS = ["first", "second"]


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def maybe(self, chance):
        return self.rng.random() < chance

    def state(self, of, kind, previous):
        rng = self.rng
        state = {"type": kind, "name": rng.choice(NAMES.get(kind, [kind.capitalize()])), "details": {}}
        details = state["details"]
        if kind == "COMPLETED" or (kind == "FAILED" and self.maybe(0.3)):
            state["data"] = rng.choice([None, RESULT, UNPERSISTED, {"storage_key": "other"}])
        if self.maybe(0.2):
            state["message"] = "said"
        if kind == "SCHEDULED" and self.maybe(0.7) or (kind == "PENDING" and self.maybe(0.2)):
            state["due"] = rng.choice([-3600, -30, 0, 40, 7200])
        if kind == "PAUSED":
            state["timeout"] = rng.choice([None, -60, 600, 600])
            if state["name"] == "Suspended" and self.maybe(0.8):
                details["pause_reschedule"] = True
            if self.maybe(0.8):
                details["pause_key"] = rng.choice(KEYS)
        if kind == "FAILED" and self.maybe(0.2):
            details["retriable"] = False
        if of == "task" and self.maybe(0.1):
            details["deferred"] = True
        if previous and self.maybe(0.15):
            details["transition_id"] = previous
        elif self.maybe(0.6):
            details["transition_id"] = f"00000000-0000-4000-8000-{rng.getrandbits(48):012x}"
        return state

    def policy(self, of):
        rng = self.rng
        policy = {}
        if self.maybe(0.6):
            policy["retries"] = rng.randint(0, 3)
        if self.maybe(0.4):
            policy["retry_delay"] = rng.choice([0, 10, 60] if of == "flow" else [0, 10, [1, 20, 300], [40], 60])
        return policy

    def run(self, of):
        rng = self.rng
        run = {"of": of, "policy": self.policy(of)}
        if of == "flow":
            run.update({"deployment": self.maybe(0.6), "pid": rng.choice([None, "host:1"]), "subflow": self.maybe(0.2)})
        else:
            run["flow"] = rng.choice([None, *["RUNNING"] * 4, "PENDING", "PAUSED", "CANCELLED"])
        run["first"] = self.state(of, rng.choice(["SCHEDULED", "PENDING", "PENDING", "RUNNING"]), None)
        run["first"]["details"].pop("transition_id", None)
        run["first"]["details"].pop("deferred", None)
        return run

    def crowd(self):
        """Task runs that compete: limits by tag, the tags of each run, and who is to enter what."""
        rng = self.rng
        limits = {tag: rng.choice([0, 1, 1, 1, 2, 2]) for tag in rng.sample("abc", rng.randint(1, 2))}
        tasks = [rng.sample("abc", rng.randint(1, 3)) for _ in range(rng.randint(2, 4))]
        return {"of": "crowd", "limits": limits, "tasks": tasks}

    def move(self, states):
        """Who goes where next. A run that runs is not told to run again: Weir has it hold one slot, the peer two."""
        task = self.rng.randrange(len(states))
        usual = {"RUNNING": ["COMPLETED", "FAILED", "CANCELLING", "CRASHED", "PENDING"], "CANCELLING": ["CANCELLED"]}
        return {"task": task, "to": self.rng.choice(usual.get(states[task], ["RUNNING"] * 4 + ["PENDING", "CANCELLED"]))}

    def step(self, of, current, previous):
        rng = self.rng
        usual = NEXT.get(current)
        kind = rng.choice(usual) if usual and self.maybe(0.75) else rng.choice(TYPES)
        policy = "core"
        if of == "flow" and self.maybe(0.06):
            policy = "mark-late"
        elif self.maybe(0.12):
            policy = "minimal"
        return {"policy": policy, "to": self.state(of, kind, previous)}


def as_state(given, at):
    details = dict(given["details"])
    if "due" in given:
        details["scheduled_time"] = at + datetime.timedelta(seconds=given["due"])
    if given.get("timeout") is not None:
        details["pause_timeout"] = at + datetime.timedelta(seconds=given["timeout"])
    return states.State(
        type=given["type"], name=given["name"], message=given.get("message"), data=given.get("data"), state_details=details
    )


FLOW_RULES = {
    "core": core_policy.CoreFlowPolicy,
    "minimal": core_policy.MinimalFlowPolicy,
    "mark-late": core_policy.MarkLateRunsPolicy,
}


class Peer:
    def __init__(self, session, flow, deployment):
        self.session, self.flow, self.deployment = session, flow, deployment

    async def born(self, run):
        self.at = now("UTC")
        self.of = run["of"]
        first = as_state(run["first"], self.at)
        self.parent = None
        if self.of == "flow":
            if run["subflow"]:
                outer = await models.flow_runs.create_flow_run(self.session, core.FlowRun(flow_id=self.flow, state=states.Running()))
                task = core.TaskRun(flow_run_id=outer.id, task_key="sub", dynamic_key="0", state=states.Pending())
                self.parent = (await models.task_runs.create_task_run(self.session, task)).id
            made = core.FlowRun(
                flow_id=self.flow,
                deployment_id=self.deployment if run["deployment"] else None,
                parent_task_run_id=self.parent,
                empirical_policy=run["policy"],
                state=first,
            )
            self.id = (await models.flow_runs.create_flow_run(self.session, made)).id
            if run["pid"]:
                await models.flow_runs.update_flow_run(self.session, self.id, actions.FlowRunUpdate(infrastructure_pid=run["pid"]))
        else:
            outer = None
            if run["flow"]:
                outer = await models.flow_runs.create_flow_run(self.session, core.FlowRun(flow_id=self.flow, state=states.Running()))
                if run["flow"] != "RUNNING":
                    details = {"pause_timeout": self.at + datetime.timedelta(minutes=5)} if run["flow"] == "PAUSED" else {}
                    state = states.State(type=run["flow"], state_details=details)
                    await models.flow_runs.set_flow_run_state(self.session, outer.id, state, force=True)
            made = core.TaskRun(
                flow_run_id=outer.id if outer else None,
                task_key="k",
                dynamic_key=str(random.random()),
                empirical_policy=run["policy"],
                state=first,
            )
            self.id = (await models.task_runs.create_task_run(self.session, made)).id
        await self.session.commit()
        self.stamps, self.known = [], set()
        return await self.told(None)

    async def propose(self, step):
        proposed = as_state(step["to"], self.at)
        if self.of == "flow":
            rules = FLOW_RULES[step["policy"]]
            result = await models.flow_runs.set_flow_run_state(self.session, self.id, proposed, flow_policy=rules)
        else:
            rules = None if step["policy"] == "minimal" else core_policy.CoreTaskPolicy
            result = await models.task_runs.set_task_run_state(self.session, self.id, proposed, task_policy=rules)
        await self.session.commit()
        return await self.told(result)

    async def told(self, result):
        self.session.expire_all()
        read = models.flow_runs.read_flow_run if self.of == "flow" else models.task_runs.read_task_run
        run = await read(self.session, self.id)
        state = run.state.as_state()
        if state.id not in self.known:
            self.known.add(state.id)
            self.stamps.append(state.timestamp)
        told = {}
        if result:
            told["status"] = result.status.value
            reason = (getattr(result.details, "reason", None) or "").replace(str(getattr(run, "flow_run_id", None)), "FLOW")
            # Some Pythons write the names of an enum's members with the enum's own.
            told["reason"] = reason.replace("StateType.", "") or None
            delay = getattr(result.details, "delay_seconds", None)
            told["wait"] = None if delay is None else round(delay / 10) * 10
        details, policy = state.state_details, run.empirical_policy
        told["state"] = {
            "type": state.type.value,
            "name": state.name,
            "message": state.message,
            "due": self.tens(details.scheduled_time),
            "timeout": self.tens(details.pause_timeout),
            "reschedule": bool(details.pause_reschedule),
        }
        told["run"] = {
            "runCount": run.run_count,
            "expectedStartTime": self.tens(run.expected_start_time),
            "nextScheduledStartTime": self.tens(run.next_scheduled_start_time),
            "startTime": self.tick(run.start_time),
            "endTime": self.tick(run.end_time),
        }
        if self.of == "flow":
            told["policy"] = [bool(policy.resuming), sorted(set(policy.pause_keys or []) & set(KEYS)), policy.retry_type]
            if self.parent:
                parent = await models.task_runs.read_task_run(self.session, self.parent)
                told["parent"] = [parent.state_type.value, parent.state_name]
        else:
            told["run"]["flowRunRunCount"] = run.flow_run_run_count
        return told

    def tick(self, value):
        return f"s{self.stamps.index(value)}" if value in self.stamps else self.tens(value)

    def tens(self, value):
        return None if value is None else round((value.timestamp() - self.at.timestamp()) / 10) * 10


class OneSession:
    """SQLite has one writer, and a transition reads before it takes slots: it takes them in a savepoint of its own."""

    def __init__(self, session):
        self.session = session

    def __getattr__(self, name):
        return getattr(self.session, name)

    async def rollback(self):
        await self.savepoint.rollback()

    @contextlib.asynccontextmanager
    async def session_context(self, **_):
        async with self.session.begin_nested() as self.savepoint:
            yield self


class Crowd:
    def __init__(self, session):
        self.session = session

    async def born(self, given):
        core_policy.provide_database_interface = lambda: OneSession(self.session)
        self.limits = {}
        for tag, limit in given["limits"].items():
            name = f"tag:{tag}{random.random()}"
            made = core.ConcurrencyLimitV2(name=name, limit=limit)
            self.limits[tag] = (await models.concurrency_limits_v2.create_concurrency_limit(self.session, made)).name
        self.ids = []
        for tags in given["tasks"]:
            named = [self.limits.get(tag, "tag:" + tag).removeprefix("tag:") for tag in tags]
            made = core.TaskRun(task_key="k", dynamic_key=str(random.random()), tags=named, state=states.Pending())
            self.ids.append((await models.task_runs.create_task_run(self.session, made)).id)
        await self.session.commit()
        self.states = ["PENDING"] * len(self.ids)

    async def propose(self, step):
        # A result that is kept makes an end final.
        state = states.State(type=step["to"], data=RESULT if step["to"] == "COMPLETED" else None)
        result = await models.task_runs.set_task_run_state(
            self.session, self.ids[step["task"]], state, task_policy=core_policy.CoreTaskPolicy
        )
        await self.session.commit()
        self.session.expire_all()
        run = await models.task_runs.read_task_run(self.session, self.ids[step["task"]])
        self.states[step["task"]] = run.state.type.value
        slots = {}
        for tag, name in self.limits.items():
            slots[tag] = (await models.concurrency_limits_v2.read_concurrency_limit(self.session, name=name)).active_slots
        return {"status": result.status.value, "state": run.state.type.value, "runCount": run.run_count, "slots": slots}


async def main(count, seed):
    db = provide_database_interface()
    await db.create_db()
    async with db.session_context() as session:
        flow = (await models.flows.create_flow(session, core.Flow(name="f"))).id
        deployment = (await models.deployments.create_deployment(session, core.Deployment(name="d", flow_id=flow))).id
        await session.commit()
        for index in range(count):
            TaskQueue.reset()
            generator = Generator(seed * 1_000_003 + index)
            if generator.maybe(0.1):
                run = generator.crowd()
                crowd = Crowd(session)
                await crowd.born(run)
                run["steps"] = []
                for _ in range(generator.rng.randint(4, 9)):
                    step = generator.move(crowd.states)
                    step["told"] = await crowd.propose(step)
                    run["steps"].append(step)
                print(json.dumps(run, separators=(",", ":")))
                continue
            run = generator.run("flow" if generator.maybe(0.7) else "task")
            peer = Peer(session, flow, deployment)
            run["born"] = await peer.born(run)
            told, previous, run["steps"] = run["born"], None, []
            for _ in range(generator.rng.randint(2, 6)):
                step = generator.step(run["of"], told["state"]["type"], previous)
                try:
                    told = step["told"] = await peer.propose(step)
                except Exception as exc:
                    # A fault of the peer's own: the sequence ends before it.
                    sys.stderr.write(f"{seed} {index} {exc!r}\n"[:300])
                    await session.rollback()
                    break
                run["steps"].append(step)
                # A replaced proposal's id is remembered by Weir alone: see the decision record.
                previous = step["to"]["details"].get("transition_id") if told["status"] == "ACCEPT" else None
            print(json.dumps(run, separators=(",", ":")))


parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=300)
parser.add_argument("--seed", type=int, default=7)
options = parser.parse_args()
asyncio.run(main(options.count, options.seed))
