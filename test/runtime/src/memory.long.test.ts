// The memory of ten thousand steps, devices in threads as an app has them.
import { openDevices } from "@tandem/devices";
import { expect, it } from "vitest";
import { trainMany } from "./train-many.ts";

it.each(["tfjs", "wasm"])(
  "10,000 training steps of two towers in threads of %s hold as many bytes after the last as after the first",
  async (backend) => {
    await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "2" });
    const held: number[][] = [];
    await trainMany(devices, 10_000, async (step, planned) => {
      if (step % 100 !== 0) return;
      const use = await devices.memoryUse();
      for (const [index, { peakBytes }] of use.entries()) expect(peakBytes).toBeLessThanOrEqual(planned[index] ?? 0);
      held.push(use.map(({ allocatedBytes }) => allocatedBytes));
    });
    expect(new Set(held.map(String)).size).toBe(1);
  },
);
