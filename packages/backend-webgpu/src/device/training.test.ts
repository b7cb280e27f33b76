import { openReference } from "@tandem/backend-reference";
import { expect, test, vi } from "vitest";
import { describeOnAdapters } from "../adapter/test-adapters.test-support.ts";
import { kernels } from "../kernels/index.ts";
import { openTestDevice } from "./test-device.test-support.ts";
import { trainTiny } from "./tiny-training.test-support.ts";

describeOnAdapters("200 training steps", (adapter) => {
  test("hold the planned bytes, make no buffer after the first ones, and lose what the reference loses", async () => {
    await using opened = await openTestDevice(adapter, { kernels });
    const { device, gpu } = opened;
    const createBuffer = vi.spyOn(gpu, "createBuffer");
    const losses = await trainTiny(device, 200, async (step, plannedBytes) => {
      expect(await device.memoryUse()).toEqual({ allocatedBytes: plannedBytes, peakBytes: plannedBytes });
      if (step === 10) createBuffer.mockClear();
    });
    expect(createBuffer).not.toHaveBeenCalled();
    const [reference] = await openReference();
    if (reference === undefined) throw new Error("no reference device was opened");
    const expected = await trainTiny(reference, 200);
    expect(expected.at(-1)).toBeLessThan(0.5 * (expected[0] ?? 0));
    for (const [step, loss] of losses.entries()) {
      const right = expected[step] ?? Number.NaN;
      expect(Math.abs(loss - right), `step ${step}`).toBeLessThan(1e-4 * right);
    }
  });
});
