// Memory over many steps: planned before the first, never growing after it, and nothing to dispose of.
import { DeviceGroup } from "@tandem/core";
import { openDevices } from "@tandem/devices";
import { webgpuBackends } from "@tandem/test-conformance/backends";
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

  it.each(webgpuBackends)("hold exactly the planned bytes on $name, 30 of them", async ({ open }) => {
    await using devices = new DeviceGroup(await open({ count: 2 }));
    await trainMany(devices, 30, async (_, planned) => {
      const use = await devices.memoryUse();
      expect(use.map(({ allocatedBytes }) => allocatedBytes)).toEqual(planned);
    });
  });

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
