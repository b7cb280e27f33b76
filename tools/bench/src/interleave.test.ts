import { describe, expect, test } from "vitest";
import type { Contender, Outcome } from "./contender.ts";
import { interleave } from "./interleave.ts";
import { squareMatmuls } from "./network-tasks.ts";
import type { Task } from "./task.ts";

const task = squareMatmuls([8])[0]?.task as Task;
const pace = { rounds: 3, milliseconds: 100, patienceSeconds: 2 };

/** Answers each of its turns with the next of these, and writes its name down. */
function fake(name: string, turns: readonly Outcome[], log: string[]): Contender {
  const rest = [...turns];
  return {
    name,
    library: name,
    details: {},
    measure: async () => {
      log.push(name);
      return rest.shift() ?? { kind: "unmeasured", reason: "asked too often" };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const took = (...seconds: readonly number[]): Outcome => ({ kind: "measured", seconds });

describe("turns", () => {
  test("come one after another, and are pooled", async () => {
    const log: string[] = [];
    const a = fake("a", [took(1), took(2), took(1.5)], log);
    const b = fake("b", [took(0.1, 0.2), took(0.3), took(0.4)], log);
    expect(await interleave([a, b], task, pace)).toEqual([took(1, 2, 1.5), took(0.1, 0.2, 0.3, 0.4)]);
    expect(log.join("")).toBe("ababab");
  });

  test("end for who cannot do it, or takes too long", async () => {
    const log: string[] = [];
    const unable: Outcome = { kind: "unmeasured", reason: "no gradients" };
    const contenders = [
      fake("a", [took(1), took(1), took(1)], log),
      fake("b", [unable], log),
      fake("c", [took(5)], log),
    ];
    expect(await interleave(contenders, task, pace)).toEqual([took(1, 1, 1), unable, took(5)]);
    expect(log.join("")).toBe("abcaa");
  });

  test("of which one fails give no result: not even those before it", async () => {
    const failure: Outcome = { kind: "unmeasured", reason: "it ended with SIGKILL" };
    expect(await interleave([fake("a", [took(1), failure], [])], task, pace)).toEqual([failure]);
  });

  test("pool the phases too, and keep the last note", async () => {
    const turn = (seconds: number, note: string): Outcome => ({
      kind: "measured",
      seconds: [seconds],
      phases: { forward: [seconds / 2] },
      note,
    });
    const [outcome] = await interleave([fake("a", [turn(2, "x"), turn(1, "y"), turn(1, "y")], [])], task, pace);
    expect(outcome).toEqual({ kind: "measured", seconds: [2, 1, 1], phases: { forward: [1, 0.5, 0.5] }, note: "y" });
  });
});
