import { describe, expect, test } from "vitest";
import { allocatePixels, createDataset, type Dataset } from "./dataset.ts";
import { holdOut } from "./splits.ts";

/** `count` pictures of one grey pixel, whose values are their indices. */
function countingDataset(count: number): Dataset {
  const pixels = allocatePixels(count, 1, 1, 1);
  for (let index = 0; index < count; index++) pixels.bytes[index] = index;
  return createDataset({
    name: "counting",
    classes: ["only"],
    pixels,
    labels: new Uint8Array(count),
    labelFile: "labels",
  });
}

const noTest = () => Promise.reject(new Error("the test split was opened"));

describe("holding out", () => {
  test("puts each picture into one part, in order", () => {
    const { train, validation } = holdOut("a", countingDataset(100), 10, noTest);
    const kept = [...train.pixels.bytes];
    const held = [...validation.pixels.bytes];
    expect(held.length).toBe(10);
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    for (const part of [kept, held]) expect(part).toEqual([...part].sort((a, b) => a - b));
  });

  test("chooses the same pictures each time, and not the first ones", () => {
    const held = () => [...holdOut("a", countingDataset(100), 10, noTest).validation.pixels.bytes];
    expect(held()).toEqual(held());
    expect(held()).not.toEqual(Array.from({ length: 10 }, (_, index) => index));
  });
});

describe("the test split", () => {
  test("is read when asked for, and once", async () => {
    let reads = 0;
    const splits = holdOut("a", countingDataset(10), 2, async () => {
      reads += 1;
      return countingDataset(3);
    });
    expect(splits.testOpened).toBe(false);
    expect(reads).toBe(0);
    const first = await splits.openTest();
    expect(await splits.openTest()).toBe(first);
    expect(splits.testOpened).toBe(true);
    expect(reads).toBe(1);
  });
});
