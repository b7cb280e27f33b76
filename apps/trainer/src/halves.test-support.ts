// A dataset and a config for trainings of seconds.
import { createDataset, type Dataset, type DatasetSplits } from "@tandem/data";
import type { TrainingConfig } from "./training-config.ts";

const SIDE = 20;
const CLASSES = ["upper", "lower", "dark"];
/** With the batch below. */
export const STEPS_PER_EPOCH = 6;
export const TEST_PICTURES = 9;

/** Pictures that are bright in the upper half (class 0), in the lower half (1) or nowhere (2), with some noise. */
function halves(name: string, count: number): Dataset {
  const bytes = new Uint8Array(new SharedArrayBuffer(count * SIDE * SIDE));
  const labels = Array.from({ length: count }, (_, picture) => picture % 3);
  let noise = 1;
  labels.forEach((label, picture) => {
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        noise = (noise * 48271) % 2147483647;
        const isBright = label === 0 ? y < SIDE / 2 : label === 1 ? y >= SIDE / 2 : false;
        bytes[(picture * SIDE + y) * SIDE + x] = (isBright ? 180 : 40) + (noise % 40);
      }
    }
  });
  const pixels = { height: SIDE, width: SIDE, channels: 1, bytes } as const;
  return createDataset({ name, classes: CLASSES, pixels, labels, labelFile: name });
}

export interface TestData extends DatasetSplits {
  /** How often the test pictures were opened. */
  readonly opened: number;
}

/** `log` is told when the test pictures are opened. */
export function openHalves(log: string[] = []): TestData {
  let opened = 0;
  return {
    name: "halves",
    classes: CLASSES,
    train: halves("halves, train", 44),
    validation: halves("halves, validation", 9),
    openTest: async () => {
      opened += 1;
      log.push("test opened");
      return halves("halves, test", TEST_PICTURES);
    },
    get testOpened() {
      return opened > 0;
    },
    get opened() {
      return opened;
    },
  };
}

export const halvesConfig: TrainingConfig = {
  model: "alexnet-mini",
  sizes: { maps: [8, 4, 4], firstKernel: 3, secondKernel: 3, units: [16, 16], dropout: 0.1 },
  recipe: "paper",
  towers: 2,
  parallel: "towers",
  precision: "f32",
  data: "halves",
  seed: 5,
  batch: 8,
  epochs: 3,
  learningRate: 0.02,
  schedule: { kind: "steps", atEpochs: [6], factor: 0.1 },
  momentum: 0.9,
  weightDecay: 0.0005,
  pixelDivisor: 64,
  augmentation: { crops: "random", flips: true, colourNoise: "paper", epochsWithoutColourNoise: 0, picturesPerCrop: 1 },
  loaders: 0,
};
