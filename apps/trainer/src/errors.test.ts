import { describe, expect, test } from "vitest";
import { DivergedError, InterruptedError, throwIfInterrupted, unlessInterrupted } from "./errors.ts";

describe("an interruption", () => {
  test("ends the wait for work that goes on", async () => {
    const controller = new AbortController();
    const waiting = unlessInterrupted(new Promise<number>(() => {}), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError);
    await expect(unlessInterrupted(Promise.resolve(1), controller.signal)).rejects.toBeInstanceOf(InterruptedError);
    expect(() => throwIfInterrupted(controller.signal)).toThrow(InterruptedError);
  });

  test("that does not come changes nothing", async () => {
    const { signal } = new AbortController();
    expect(await unlessInterrupted(Promise.resolve(7), signal)).toBe(7);
    await expect(unlessInterrupted(Promise.reject(new Error("lost")), signal)).rejects.toThrow("lost");
    expect(() => throwIfInterrupted(signal)).not.toThrow();
    expect(() => throwIfInterrupted(undefined)).not.toThrow();
  });
});

describe("a training that diverged", () => {
  test.each([
    [undefined, "no checkpoint had been written yet"],
    ["runs/a/epoch-1.safetensors", "the last good checkpoint is runs/a/epoch-1.safetensors"],
  ])("with checkpoint %j says when, why and what is left", (checkpoint, hint) => {
    const error = new DivergedError(12, "the loss is NaN", checkpoint);
    expect(error.message).toContain("training diverged at step 12: the loss is NaN");
    expect(error.message).toContain(hint);
    expect(error.step).toBe(12);
  });
});
