import { describe, expect, test } from "vitest";
import { allocatePixels, createDataset, type Dataset, selectPictures } from "./dataset.ts";
import { DatasetError } from "./errors.ts";

/** Three grey pictures of 1 x 2 pixels. */
function smallDataset(labels: readonly number[] = [0, 1, 1]): Dataset {
  const pixels = allocatePixels(3, 1, 2, 1);
  pixels.bytes.set([10, 20, 30, 40, 50, 60]);
  return createDataset({ name: "small", classes: ["cat", "dog"], pixels, labels, labelFile: "labels.bin" });
}

describe("a dataset", () => {
  test("replicates grey to RGB", () => {
    expect([...smallDataset().image(1)]).toEqual([30, 30, 30, 40, 40, 40]);
  });

  test("gives colour pictures as they are, as copies", () => {
    const pixels = allocatePixels(1, 1, 1, 3);
    pixels.bytes.set([1, 2, 3]);
    const dataset = createDataset({ name: "colour", classes: ["a"], pixels, labels: [0], labelFile: "labels" });
    const image = dataset.image(0);
    image[0] = 99;
    expect([...dataset.image(0)]).toEqual([1, 2, 3]);
  });

  test("captions a picture with its class unless it knows better", () => {
    expect(smallDataset().caption(2)).toBe("dog");
  });

  test.each([-1, 3, 0.5, Number.NaN])("has no picture %s", (index) => {
    for (const access of ["image", "label", "caption"] as const) {
      expect(() => smallDataset()[access](index)).toThrow(
        new RangeError(`small has pictures 0 to 2; there is no picture ${index}`),
      );
    }
  });

  test.each([-1, 2, 1.5])("refuses the label %s, saying where it is", (label) => {
    const create = () => smallDataset([0, label, 1]);
    expect(create).toThrow(DatasetError);
    expect(create).toThrow(`labels.bin: label ${label} of picture 1 is out of range; expected 0 to 1, for 2 classes`);
  });

  test("refuses more or fewer labels than pictures", () => {
    expect(() => smallDataset([0, 1])).toThrow("labels.bin: expected 3 labels, one for each picture, found 2");
  });
});

describe("selected pictures", () => {
  test("keep the order asked for, with labels and captions", () => {
    const selected = selectPictures(smallDataset(), [2, 0], "selected");
    expect(selected.length).toBe(2);
    expect([...selected.image(0)]).toEqual([50, 50, 50, 60, 60, 60]);
    expect([...selected.labels]).toEqual([1, 0]);
    expect(selected.caption(1)).toBe("cat");
  });
});
