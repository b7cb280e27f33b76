// The three parts of a dataset: two that training may look at, and one that it opens when it is over.
import { deriveKey } from "@tandem/core";
import { type Dataset, selectPictures } from "./dataset.ts";
import { permutation } from "./permutation.ts";

export interface DatasetSplits {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: Dataset;
  /** Held out of the training pictures: schedules, tuning and the choice of checkpoint look at these. */
  readonly validation: Dataset;
  /** Reads the test split when first called; later calls return the same dataset. */
  openTest(): Promise<Dataset>;
  /** Whether anybody has asked for the test split yet. */
  readonly testOpened: boolean;
}

/** Which pictures are held out is the same in every run, whatever seed a run trains with. */
const HOLD_OUT_SEED = 2012;

export function createSplits(
  name: string,
  train: Dataset,
  validation: Dataset,
  readTest: () => Promise<Dataset>,
): DatasetSplits {
  let test: Promise<Dataset> | undefined;
  return {
    name,
    classes: train.classes,
    train,
    validation,
    openTest: () => {
      test ??= readTest();
      return test;
    },
    get testOpened() {
      return test !== undefined;
    },
  };
}

/** Splits off `validationCount` pictures of the training pictures, chosen at random; both parts keep their order. */
export function holdOut(
  name: string,
  pictures: Dataset,
  validationCount: number,
  readTest: () => Promise<Dataset>,
): DatasetSplits {
  const order = holdOutOrder(pictures.length, name);
  const chosen = order.slice(0, validationCount).sort();
  const rest = order.slice(validationCount).sort();
  return createSplits(
    name,
    selectPictures(pictures, rest, `${name}, training`),
    selectPictures(pictures, chosen, `${name}, validation`),
    readTest,
  );
}

/** The order in which things numbered 0 ... count - 1 are held out; `what` names the choice. */
export function holdOutOrder(count: number, what: string): Int32Array {
  return permutation(count, deriveKey(HOLD_OUT_SEED, 0, `data/hold-out/${what}`));
}
