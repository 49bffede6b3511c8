import { expect, test } from "vitest";
import { Admission, type OverloadLimits } from "./overload.ts";

const limits: OverloadLimits = {
  calls: 2,
  lists: 1,
  listsWhenBusy: 1,
  busy: 4,
  vitalQueue: { length: 3, waitMs: 20_000 },
  listQueue: { length: 2, waitMs: 5_000 },
  lagMs: 500,
};

function admission() {
  let now = 0;
  const order: string[] = [];
  const gate = new Admission(limits, () => now);
  return {
    gate,
    order,
    at(ms: number) {
      now = ms;
      gate.advance();
    },
    /** Asks to come in; notes in `order` when that is granted or refused. */
    ask(name: string, isVital: boolean) {
      const { turn, leave } = gate.enter(isVital);
      const settled = turn.then((done) => {
        order.push(done ? name : `${name} refused`);
        return done;
      });
      return { settled, leave };
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("a list never takes the last place", async () => {
  const { ask, order } = admission();
  ask("list 1", false);
  ask("list 2", false);
  ask("state", true);
  await settle();
  expect(order).toEqual(["list 1", "state"]);
});

test("what keeps running work alive goes before lists that came earlier", async () => {
  const { ask, order } = admission();
  const [first, second] = [ask("first", true), ask("second", true)];
  ask("list", false);
  ask("state", true);
  await settle();
  (await first.settled)?.();
  await settle();
  expect(order).toEqual(["first", "second", "state"]);
  (await second.settled)?.();
  await settle();
  expect(order).toEqual(["first", "second", "state", "list"]);
});

test("who waits too long is refused, lists before vital calls", async () => {
  const { ask, at, order } = admission();
  ask("first", true);
  ask("second", true);
  ask("list", false);
  ask("state", true);
  at(5_000);
  await settle();
  expect(order.slice(2)).toEqual(["list refused"]);
  at(20_000);
  await settle();
  expect(order.slice(2)).toEqual(["list refused", "state refused"]);
});

test("a full queue refuses at once", async () => {
  const { ask, order } = admission();
  for (const name of ["a", "b", "c", "d"]) ask(name, false);
  await settle();
  expect(order).toEqual(["a", "d refused"]);
});

test("a caller who left takes no place", async () => {
  const { ask, order } = admission();
  const running = ask("a", false);
  const gone = ask("b", false);
  ask("c", false);
  gone.leave();
  (await running.settled)?.();
  await settle();
  expect(order).toEqual(["a", "b refused", "c"]);
});

test("while the loop lags one list goes on at a time", async () => {
  const gate = new Admission({ ...limits, calls: 10, lists: 5 }, () => 0);
  const first = gate.enter(false, 900);
  const second = gate.enter(false, 900);
  let entered = false;
  void second.turn.then(() => {
    entered = true;
  });
  await first.turn;
  await settle();
  expect(entered).toBe(false);
  gate.advance(10);
  await settle();
  expect(entered).toBe(true);
});

test("while much work is under way fewer lists go on beside it", async () => {
  const gate = new Admission({ ...limits, calls: 20, lists: 3 }, () => 0);
  const work = await Promise.all(Array.from({ length: 5 }, () => gate.enter(true).turn));
  let lists = 0;
  for (let one = 0; one < 2; one += 1) void gate.enter(false).turn.then(() => (lists += 1));
  await settle();
  expect(lists).toBe(1);
  work[0]?.();
  await settle();
  expect(lists).toBe(2);
});

test("an end told twice counts once", async () => {
  const { gate } = admission();
  const done = await gate.enter(false).turn;
  done?.();
  done?.();
  const turns = [gate.enter(true), gate.enter(true), gate.enter(true)];
  let inside = 0;
  for (const { turn } of turns) void turn.then(() => (inside += 1));
  await settle();
  expect(inside).toBe(2);
});
