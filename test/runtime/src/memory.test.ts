// Memory over many steps: planned before the first, never growing after it, and nothing to dispose of.
import { openDevices } from "@tandem/devices";
import { describe, expect, it } from "vitest";
import { trainMany } from "./train-many.ts";

describe("training steps of two towers", () => {
  it.each([
    ["reference", 200],
    ["wasm", 1000],
  ])(
    "hold exactly the planned bytes where kernels compute in the plan's slots: on %s, %i of them",
    async (backend, steps) => {
      await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "2" }, { inProcess: true });
      await trainMany(devices, steps, async (_, planned) => {
        const use = await devices.memoryUse();
        expect(use).toEqual(planned.map((bytes) => ({ allocatedBytes: bytes, peakBytes: bytes })));
      });
    },
  );

  it("1,000 of them: stay below the planned bytes on tfjs, and hold as many after the last step as after the first", async () => {
    await using devices = await openDevices({ TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "2" }, { inProcess: true });
    const held: number[][] = [];
    await trainMany(devices, 1000, async (_, planned) => {
      const use = await devices.memoryUse();
      for (const [index, { peakBytes }] of use.entries()) expect(peakBytes).toBeLessThanOrEqual(planned[index] ?? 0);
      held.push(use.map(({ allocatedBytes }) => allocatedBytes));
    });
    expect(held.at(-1)).toEqual(held[0]);
  });
});
