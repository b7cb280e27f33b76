// Random numbers inside graphs are those of the host, bit for bit, on every backend.
import {
  bitsAt,
  type DeviceGroup,
  deriveKey,
  dropout,
  evaluate,
  hostTensor,
  logicalDevice,
  type RandomKey,
  randomBits,
  scope,
  uniform,
  uniformAt,
} from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPair, testedBackends } from "./backends.ts";

const [seed, step] = [0xdecafbad, 7];
const [samples, elements] = [3, 10];
const source = { seed: hostTensor("u32", [], [seed]), step: hostTensor("u32", [], [step]) };

/** One value for each element of each sample, counted from the given offsets. */
function onHost(
  path: string,
  value: (key: RandomKey, sample: number, element: number) => number,
  firstSample = 0,
  firstElement = 0,
): number[] {
  const key = deriveKey(seed, step, path);
  return Array.from({ length: samples * elements }, (_, index) =>
    value(key, firstSample + Math.floor(index / elements), firstElement + (index % elements)),
  );
}

describe.each(testedBackends)("$name", (tested) => {
  let devices: DeviceGroup;
  beforeAll(async () => {
    devices = await openPair(tested);
  });
  afterAll(() => devices[Symbol.asyncDispose]());

  test("bits, in the stream of their scope", async () => {
    const { bits } = await evaluate(
      (random) => ({ bits: scope("fc6", () => scope("dropout", () => randomBits([samples, 2, 5], random))) }),
      source,
      { devices },
    );
    expect(Array.from(bits.data)).toEqual(onHost("fc6/dropout", bitsAt));
  });

  test("bits of a part of a batch and of a part of a layer", async () => {
    const options = { path: "fc6", sampleOffset: 64, elementOffset: 2048 };
    const { bits } = await evaluate((random) => ({ bits: randomBits([samples, elements], random, options) }), source, {
      devices,
    });
    expect(Array.from(bits.data)).toEqual(onHost("fc6", bitsAt, 64, 2048));
  });

  test("bits on another device", async () => {
    const second = logicalDevice(1);
    const { bits } = await evaluate(
      (random) => ({
        bits: randomBits(
          [samples, elements],
          { seed: random.seed.to(second), step: random.step.to(second) },
          { path: "fc6" },
        ),
      }),
      source,
      { devices },
    );
    expect(Array.from(bits.data)).toEqual(onHost("fc6", bitsAt));
  });

  test("uniform values", async () => {
    const { values } = await evaluate(
      (random) => ({ values: uniform([samples, elements], random, { path: "x" }) }),
      source,
      { devices },
    );
    expect(Array.from(values.data)).toEqual(onHost("x", uniformAt));
  });

  test.each([0.5, 0.1, 0.9])("the units that dropout at rate %d keeps", async (rate) => {
    const ones = hostTensor("f32", [samples, elements], 1);
    const { kept } = await evaluate(
      ({ x, ...random }) => ({ kept: dropout(x, random, { rate, training: true, scaling: "paper", path: "fc7" }) }),
      { ...source, x: ones },
      { devices },
    );
    const threshold = Math.round(rate * 2 ** 32);
    expect(Array.from(kept.data)).toEqual(onHost("fc7", (...position) => (bitsAt(...position) >= threshold ? 1 : 0)));
  });
});
