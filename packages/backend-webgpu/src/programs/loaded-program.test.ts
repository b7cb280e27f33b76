import { BackendError } from "@tandem/core";
import { expect, test, vi } from "vitest";
import { describeOnAdapters } from "../adapter/test-adapters.test-support.ts";
import { chainOf, openTestDevice, readVector, reserveVectors } from "../device/test-device.test-support.ts";

describeOnAdapters("loaded programs", (adapter) => {
  test("compile each text once, whichever steps and programs have it", async () => {
    await using opened = await openTestDevice(adapter);
    const compile = vi.spyOn(opened.gpu, "createComputePipelineAsync");
    const program = chainOf([
      ["double", 0, 1],
      ["double", 1, 0],
      ["plusFive", 0, 1],
      ["plusSeven", 1, 0],
    ]);
    using one = await opened.device.load(program);
    using other = await opened.device.load(program);
    expect(compile).toHaveBeenCalledTimes(2);
    expect(one).not.toBe(other);
  });

  test("make bind groups once for each set of slots", async () => {
    await using opened = await openTestDevice(adapter);
    const { device, gpu } = opened;
    await reserveVectors(device, 3);
    using executable = await device.load(chainOf([["double", 0, 1]]));
    const bind = vi.spyOn(gpu, "createBindGroup");
    for (const slots of [
      [0, 1],
      [0, 1],
      [1, 2],
      [0, 1],
      [1, 2],
    ])
      await executable.submit(0, slots);
    expect(bind).toHaveBeenCalledTimes(2);
  });

  test("are one command buffer and one pass a segment", async () => {
    await using opened = await openTestDevice(adapter);
    const { device, gpu } = opened;
    await reserveVectors(device, 2);
    using executable = await device.load(
      chainOf([
        ["double", 0, 1],
        ["double", 1, 0],
      ]),
    );
    const encode = vi.spyOn(gpu, "createCommandEncoder");
    const submit = vi.spyOn(gpu.queue, "submit");
    await executable.submit(0, [0, 1]);
    expect(encode).toHaveBeenCalledTimes(1);
    expect(submit).toHaveBeenCalledTimes(1);
  });

  test("that WebGPU refuses name the step, and the device stops", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 2);
    using executable = await device.load(chainOf([["double", 0, 1]]));
    const run = executable.submit(0, [0, 0]);
    await expect(run).rejects.toThrow(BackendError);
    await expect(run).rejects.toThrow(/webgpu:0 failed, found while running double of layer0: .*slot 0/);
    await expect(readVector(device, 1)).rejects.toThrow("webgpu:0 failed, found while reading slot 1");
  });

  test("with nothing to run resolve", async () => {
    await using opened = await openTestDevice(adapter, { profile: true });
    using executable = await opened.device.load({
      ...chainOf([["double", 0, 1]]),
      stream: [{ kind: "segment", steps: [] }],
    });
    expect(await executable.submit(0, [])).toBeUndefined();
  });
});
