import { BackendError, DeviceLostError, MemoryError } from "@tandem/core";
import { expect, test } from "vitest";
import { describeOnAdapters, describeOnTwoAdapters } from "../adapter/test-adapters.test-support.ts";
import { chainOf, openTestDevice, readVector, reserveVectors } from "./test-device.test-support.ts";

describeOnAdapters("slots", (adapter) => {
  test("hold what was written to them last", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 2);
    device.write(1, Float32Array.of(1, 2, 3, 4));
    device.write(1, Float32Array.of(5, 6, 7, 8));
    expect(await readVector(device, 1)).toEqual([5, 6, 7, 8]);
    expect(await readVector(device, 0)).toEqual([0, 0, 0, 0]);
  });

  test.each([0, 1, 3, 4, 6, 7, 17])("take %i bytes, whatever they are a multiple of", async (bytes) => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    const data = Uint8Array.from({ length: bytes + 2 }, (_, index) => index + 1).subarray(2);
    await device.reserve([{ id: 0, bytes }]);
    device.write(0, data);
    expect(new Uint8Array(await device.read(0, bytes))).toEqual(Uint8Array.from(data));
  });

  test("take memory that threads share", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 1);
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    device.write(0, shared);
    shared.fill(0);
    expect(await readVector(device, 0)).toEqual([1, 2, 3, 4]);
  });

  test("take memory from when they are reserved until they are released", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await device.reserve([
      { id: 0, bytes: 20 },
      { id: 1, bytes: 1 },
    ]);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 48, peakBytes: 48 });
    await device.release([0, 1]);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 48 });
    await expect(device.read(1, 1)).rejects.toThrow("nothing in slot 1");
  });

  test("beyond the memory's limit are refused, with the numbers, and none of them is reserved", async () => {
    await using opened = await openTestDevice(adapter, { memoryBytes: 40 });
    const { device } = opened;
    await reserveVectors(device, 1);
    const more = device.reserve([
      { id: 1, bytes: 16 },
      { id: 2, bytes: 16 },
    ]);
    await expect(more).rejects.toThrow(MemoryError);
    await expect(more).rejects.toMatchObject({ device: "webgpu:0", neededBytes: 48, availableBytes: 40 });
    expect(await device.memoryUse()).toMatchObject({ allocatedBytes: 16 });
    expect(() => device.write(1, new Float32Array(4))).toThrow("nothing in slot 1");
  });

  test("larger than a buffer may be are refused", async () => {
    await using opened = await openTestDevice(adapter, { restrictions: { limits: { bufferBytes: 1024 } } });
    const reserved = opened.device.reserve([{ id: 0, bytes: 1025 }]);
    await expect(reserved).rejects.toMatchObject({ name: "MemoryError", neededBytes: 1040, availableBytes: 1024 });
  });

  test("that the driver refuses leave the device as it was", async () => {
    await using opened = await openTestDevice(adapter);
    const { device, gpu } = opened;
    await reserveVectors(device, 1);
    device.write(0, Float32Array.of(1, 2, 3, 4));
    const refusal = new Error("out of memory");
    let attempts = 0;
    // A driver that runs out at the second buffer of each attempt.
    gpu.popErrorScope = async () => (attempts++ % 2 === 1 ? Object.assign(refusal, { message: "out" }) : null);
    const reserved = device.reserve([
      { id: 1, bytes: 16 },
      { id: 2, bytes: 32 },
    ]);
    await expect(reserved).rejects.toMatchObject({ name: "MemoryError", neededBytes: 64, availableBytes: 32 });
    expect(attempts).toBe(4);
    Reflect.deleteProperty(gpu, "popErrorScope");
    expect(await device.memoryUse()).toMatchObject({ allocatedBytes: 16 });
    await device.reserve([{ id: 1, bytes: 16 }]);
    expect(await readVector(device, 0)).toEqual([1, 2, 3, 4]);
  });

  // The one driver here that refuses memory when it is asked for: of its largest buffer, always.
  if (adapter === "SwiftShader") {
    test("that the driver has no memory for leave the device as it was", async () => {
      await using opened = await openTestDevice(adapter);
      const { device } = opened;
      await reserveVectors(device, 1);
      device.write(0, Float32Array.of(1, 2, 3, 4));
      const { bufferBytes } = device.capabilities.limits;
      const reserved = device.reserve([{ id: 1, bytes: bufferBytes }]);
      await expect(reserved).rejects.toMatchObject({ name: "MemoryError", neededBytes: bufferBytes + 16 });
      expect(await device.memoryUse()).toEqual({ allocatedBytes: 16, peakBytes: 16 });
      expect(await readVector(device, 0)).toEqual([1, 2, 3, 4]);
    });
  }

  test("that are missing or too small say so", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 1);
    await expect(device.read(7, 16)).rejects.toThrow("never reserved");
    expect(() => device.write(0, new Float32Array(5))).toThrow("16 bytes reserved for slot 0, found 20");
  });
});

describeOnAdapters("programs", (adapter) => {
  test("run their steps in order, each with its uniforms, on the slots they are bound to", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 5);
    const program = chainOf([
      ["plusFive", 0, 1],
      ["double", 1, 2],
      ["plusSeven", 2, 3],
    ]);
    using executable = await device.load(program);
    device.write(4, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [4, 0, 1, 3]);
    expect(await readVector(device, 3)).toEqual([19, 21, 23, 25]);
    device.write(2, Float32Array.of(0, 0, 0, 1));
    await executable.submit(0, [2, 0, 1, 4]);
    expect(await readVector(device, 4)).toEqual([17, 17, 17, 19]);
  });

  test("run between the writes and reads around them, none of which waits", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    await reserveVectors(device, 2);
    using executable = await device.load(chainOf([["double", 0, 1]]));
    const rounds = Array.from({ length: 10 }, (_, round) => {
      device.write(0, Float32Array.of(round, 1, 2, 3));
      const ran = executable.submit(0, [0, 1]);
      const before = readVector(device, 0);
      return Promise.all([ran, before, readVector(device, 1)]);
    });
    for (const [round, results] of (await Promise.all(rounds)).entries()) {
      expect(results).toEqual([undefined, [round, 1, 2, 3], [2 * round, 2, 4, 6]]);
    }
  });

  test("run on slots that were released and reserved again", async () => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    using executable = await device.load(chainOf([["double", 0, 1]]));
    for (const value of [3, 4]) {
      await reserveVectors(device, 2);
      device.write(0, Float32Array.of(value, 0, 0, 0));
      await executable.submit(0, [0, 1]);
      expect(await readVector(device, 1)).toEqual([2 * value, 0, 0, 0]);
      await device.release([0, 1]);
    }
  });

  test.each([
    { op: "unknown", message: "webgpu:0 has no kernel for unknown of layer0" },
    { op: "misspelt", message: /webgpu:0 cannot compile misspelt of layer0: .*'z'.*\n {2}line 4: / },
    { op: "oversized", message: /webgpu:0 cannot run oversized of layer0: it dispatches 70000 workgroups/ },
  ])("with a step that cannot run say so when they are loaded: $op", async ({ op, message }) => {
    await using opened = await openTestDevice(adapter);
    const { device } = opened;
    const loading = device.load(chainOf([[op, 0, 1]]));
    await expect(loading).rejects.toThrow(BackendError);
    await expect(loading).rejects.toThrow(message);
    await reserveVectors(device, 1);
    expect(await readVector(device, 0)).toEqual([0, 0, 0, 0]);
  });

  test("on a slot that is missing name the step", async () => {
    await using opened = await openTestDevice(adapter);
    using executable = await opened.device.load(chainOf([["double", 0, 1]]));
    const run = executable.submit(0, [0, 1]);
    await expect(run).rejects.toThrow("webgpu:0: double of layer0 failed");
    await expect(run).rejects.toMatchObject({ cause: { message: expect.stringContaining("nothing in slot 0") } });
  });

  test("tell when each of their steps ran, where that is asked for", async () => {
    await using opened = await openTestDevice(adapter, { profile: true });
    const { device } = opened;
    await reserveVectors(device, 3);
    const program = chainOf([
      ["slow", 0, 1],
      ["double", 1, 2],
    ]);
    using executable = await device.load(program);
    const before = performance.timeOrigin + performance.now();
    const runs = await Promise.all([executable.submit(0, [0, 1, 2]), executable.submit(0, [0, 1, 2])]);
    const after = performance.timeOrigin + performance.now();
    const times = runs.flatMap((run) => run ?? []);
    expect(times.map(({ step }) => step)).toEqual([0, 1, 0, 1]);
    expect(times.every(({ start, end }) => start >= before && start <= end && end <= after + 0.01)).toBe(true);
    const [slow, quick] = times.map(({ start, end }) => end - start);
    expect(slow).toBeGreaterThan(quick ?? Number.POSITIVE_INFINITY);
  });

  test("tell nothing where the adapter has no timestamps", async () => {
    await using opened = await openTestDevice(adapter, { profile: true, restrictions: { timestamps: false } });
    await reserveVectors(opened.device, 2);
    using executable = await opened.device.load(chainOf([["double", 0, 1]]));
    expect(await executable.submit(0, [0, 1])).toBeUndefined();
  });
});

describeOnAdapters("a device that is lost", (adapter) => {
  test("rejects what is running and all that follows, naming it", async () => {
    await using opened = await openTestDevice(adapter);
    const { device, gpu } = opened;
    await reserveVectors(device, 2);
    using executable = await device.load(chainOf([["slow", 0, 1]]));
    const running = executable.submit(0, [0, 1]);
    const reading = device.read(1, 16);
    const observed = Promise.allSettled([running, reading]);
    gpu.destroy();
    const reasons = (await observed).map((result) => (result.status === "rejected" ? result.reason : undefined));
    for (const reason of reasons) expect(reason).toBeInstanceOf(DeviceLostError);
    expect(reasons.map(String)).toEqual([
      expect.stringContaining("webgpu:0 was lost while running slow of layer0"),
      expect.stringContaining("webgpu:0 was lost while reading slot 1"),
    ]);
    await expect(executable.submit(0, [0, 1])).rejects.toThrow(DeviceLostError);
    await expect(device.reserve([{ id: 3, bytes: 4 }])).rejects.toThrow(DeviceLostError);
    await expect(device.load(chainOf([["double", 0, 1]]))).rejects.toThrow(DeviceLostError);
    expect(() => device.write(0, new Float32Array(1))).toThrow(DeviceLostError);
  });

  test("and one that was given something invalid stops, since nobody knows what it holds", async () => {
    await using opened = await openTestDevice(adapter);
    const { device, gpu } = opened;
    await reserveVectors(device, 1);
    gpu.createBuffer({ size: 4, usage: 0xffff });
    await gpu.queue.onSubmittedWorkDone();
    await expect(device.read(0, 16)).rejects.toThrow(/webgpu:0 failed, found while reading slot 0: /);
  });

  test("and one that was closed say which", async () => {
    const { device } = await openTestDevice(adapter);
    await reserveVectors(device, 2);
    const executable = await device.load(chainOf([["slow", 0, 1]]));
    const running = executable.submit(0, [0, 1]);
    const rejected = expect(running).rejects.toThrow("webgpu:0 was closed before running slow of layer0");
    await device[Symbol.asyncDispose]();
    await rejected;
    expect(await device.memoryUse()).toMatchObject({ allocatedBytes: 0 });
  });
});

describeOnTwoAdapters("two adapters of one process", (first, second) => {
  test("compute side by side", async () => {
    await using one = await openTestDevice(first);
    await using other = await openTestDevice(second);
    const results = [one, other].map(async ({ device }, index) => {
      await reserveVectors(device, 2);
      using executable = await device.load(chainOf([["double", 0, 1]]));
      device.write(0, Float32Array.of(index, 1, 2, 3));
      await executable.submit(0, [0, 1]);
      return readVector(device, 1);
    });
    expect(await Promise.all(results)).toEqual([
      [0, 2, 4, 6],
      [2, 2, 4, 6],
    ]);
    expect(one.device.capabilities.adapter).not.toBe(other.device.capabilities.adapter);
  });
});
