import { UsageError } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { describeOnAdapters } from "./adapter/test-adapters.test-support.ts";
import { openWebgpu } from "./open.ts";

describeOnAdapters("devices", (adapter) => {
  test("of one adapter are numbered, and each has memory of its own", async () => {
    const devices = await openWebgpu({ adapter, count: 2, first: 3 });
    expect(devices.map(({ name }) => name)).toEqual(["webgpu:3", "webgpu:4"]);
    const values = devices.map(async (device, index) => {
      await device.reserve([{ id: 0, bytes: 4 }]);
      device.write(0, Uint32Array.of(index));
      return new Uint32Array(await device.read(0, 4))[0];
    });
    expect(await Promise.all(values)).toEqual([0, 1]);
    await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
  });

  test("say what they can do, and may be opened as if they could less", async () => {
    const [device] = await openWebgpu({ adapter, restrictions: { subgroups: false, limits: { bindingBytes: 4096 } } });
    expect(device?.capabilities.adapter).toContain(adapter);
    expect(device?.capabilities.subgroups).toBeUndefined();
    expect(device?.capabilities.limits.bindingBytes).toBe(4096);
    await device?.[Symbol.asyncDispose]();
  });

  test("of software have half of the machine's memory, or what they are given", async () => {
    const [free] = await openWebgpu({ adapter });
    const [given] = await openWebgpu({ adapter, memoryBytes: 1000 });
    expect(free?.limits.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(free?.limits.memoryBytes).toBeLessThan(2 ** 50);
    expect(given?.limits).toEqual({ memoryBytes: 1000 });
    await Promise.all([free, given].map((device) => device?.[Symbol.asyncDispose]()));
  });
});

describe("the adapter null", () => {
  test("opens a device that executes nothing", async () => {
    const [device] = await openWebgpu({ adapter: "null" });
    await device?.reserve([{ id: 0, bytes: 16 }]);
    expect((await device?.read(0, 16))?.byteLength).toBe(16);
    await device?.[Symbol.asyncDispose]();
  });
});

test.each([0, -1, 1.5])("%f devices are refused", async (count) => {
  await expect(openWebgpu({ count })).rejects.toThrow(UsageError);
});
