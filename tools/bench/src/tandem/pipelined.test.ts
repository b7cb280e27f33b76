import { describe, expect, test } from "vitest";
import { pipelinedSeconds } from "./pipelined.ts";

/** Runs that take these milliseconds each, one after another, on a clock of their own. */
function runsOf(durations: readonly number[]): {
  run: () => Promise<void>;
  now: () => number;
  mostAtOnce: () => number;
} {
  const rest = [...durations];
  let time = 0;
  let submitted = 0;
  let ended = 0;
  let most = 0;
  return {
    run() {
      submitted += 1;
      most = Math.max(most, submitted - ended);
      return Promise.resolve().then(() => {
        time += rest.shift() ?? 1e9;
        ended += 1;
      });
    },
    now: () => time,
    mostAtOnce: () => most,
  };
}

describe("pipelined runs", () => {
  test("are at most two at once", async () => {
    const { run, now, mostAtOnce } = runsOf(Array(20).fill(50));
    await pipelinedSeconds(run, 500, now);
    expect(mostAtOnce()).toBe(2);
  });

  test("of more than 20 ms are a sample each", async () => {
    const { run, now } = runsOf(Array(20).fill(50));
    expect(new Set(await pipelinedSeconds(run, 300, now))).toEqual(new Set([0.05]));
  });

  test("that are short are counted together", async () => {
    const { run, now } = runsOf(Array(200).fill(5));
    const seconds = await pipelinedSeconds(run, 100, now);
    expect(seconds.length).toBeLessThanOrEqual(6);
    expect(new Set(seconds)).toEqual(new Set([0.005]));
  });

  test("give a sample, however long they take", async () => {
    const { run, now } = runsOf(Array(5).fill(4000));
    expect((await pipelinedSeconds(run, 1, now)).length).toBeGreaterThan(0);
  });
});
