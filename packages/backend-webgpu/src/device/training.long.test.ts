import { expect, test, vi } from "vitest";
import { describeOnAdapters } from "../adapter/test-adapters.test-support.ts";
import { kernels } from "../kernels/index.ts";
import { openTestDevice } from "./test-device.test-support.ts";
import { trainTiny } from "./tiny-training.test-support.ts";

describeOnAdapters("10,000 training steps", (adapter) => {
  test("hold the planned bytes, make no buffer after the first ones, and leave the process as large as it was", async () => {
    await using opened = await openTestDevice(adapter, { kernels });
    const { device, gpu } = opened;
    const createBuffer = vi.spyOn(gpu, "createBuffer");
    let residentBytes = 0;
    await trainTiny(device, 10_000, async (step, plannedBytes) => {
      if (step % 100 !== 0) return;
      expect(await device.memoryUse()).toEqual({ allocatedBytes: plannedBytes, peakBytes: plannedBytes });
      if (step !== 2000) return;
      createBuffer.mockClear();
      residentBytes = process.memoryUsage.rss();
    });
    expect(createBuffer).not.toHaveBeenCalled();
    expect(process.memoryUsage.rss() - residentBytes).toBeLessThan(64 * 2 ** 20);
  });
});
