// The datasets by name, as users write them: "emoji", "cifar10=DIR".
import { resolve } from "node:path";
import { DatasetError } from "./errors.ts";
import { openCifar10 } from "./sources/cifar10.ts";
import { openEmoji, openEmojiConcepts } from "./sources/emoji.ts";
import {
  FASHION_MNIST_DEBIAN_FOLDER,
  openEmbeddedFashionMnist,
  openFashionMnistFiles,
} from "./sources/fashion-mnist.ts";
import type { DatasetSplits } from "./splits.ts";

interface DatasetKind {
  /** How the name is written, with its folder if it takes one. */
  readonly usage: string;
  readonly about: string;
  readonly folder: "none" | "optional" | "required";
  open(folder: string | undefined): Promise<DatasetSplits>;
}

const KINDS: Readonly<Record<string, DatasetKind>> = {
  "fashion-mnist": {
    usage: "fashion-mnist or fashion-mnist=DIR",
    about: "28x28 grey clothes, 10 classes: 30,000 embedded pictures, or all 70,000 from the IDX files in DIR",
    folder: "optional",
    open: (folder) => (folder === undefined ? openEmbeddedFashionMnist() : openFashionMnistFiles(folder)),
  },
  "fashion-mnist-full": {
    usage: "fashion-mnist-full",
    about: "all 70,000 pictures of Fashion-MNIST, from Debian's package dataset-fashion-mnist",
    folder: "none",
    open: () => openFashionMnistFiles(FASHION_MNIST_DEBIAN_FOLDER),
  },
  emoji: {
    usage: "emoji",
    about: "64x64 emoji, 54 classes: trained on three styles, tested on a fourth",
    folder: "none",
    open: () => openEmoji(),
  },
  "emoji-concepts": {
    usage: "emoji-concepts",
    about: "the same emoji, with whole concepts held out for the test",
    folder: "none",
    open: () => openEmojiConcepts(),
  },
  cifar10: {
    usage: "cifar10=DIR",
    about: "32x32 photographs, 10 classes, from CIFAR-10's binary files in DIR",
    folder: "required",
    open: (folder = "") => openCifar10(folder),
  },
};

export interface DatasetDescription {
  readonly usage: string;
  readonly about: string;
}

/** What `openDataset` knows, for help texts. */
export const KNOWN_DATASETS: readonly DatasetDescription[] = Object.values(KINDS).map(({ usage, about }) => ({
  usage,
  about,
}));

export interface OpenDatasetOptions {
  /** What a relative DIR is relative to; the process's working folder by default. */
  readonly workingFolder?: string;
}

/**
 * Opens a dataset by name: `NAME` or `NAME=DIR`. Training and validation pictures are read, the test's are not yet.
 *
 * @throws DatasetError for an unknown name, a folder too many or too few, and files that are missing or damaged.
 */
export async function openDataset(specifier: string, options: OpenDatasetOptions = {}): Promise<DatasetSplits> {
  const [, name = specifier, folder] = /^([^=]*)=(.*)$/s.exec(specifier) ?? [];
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    throw new DatasetError(`unknown dataset "${name}"; the known ones are ${Object.keys(KINDS).join(", ")}`, {
      hint: KNOWN_DATASETS.map(({ usage }) => usage).join(", "),
    });
  }
  if (kind.folder === "none" && folder !== undefined) {
    throw new DatasetError(`dataset "${name}" takes no folder, found "=${folder}"`, { hint: kind.usage });
  }
  if (folder === "" || (kind.folder === "required" && folder === undefined)) {
    throw new DatasetError(`dataset "${name}" expects a folder, found none`, { hint: kind.usage });
  }
  return kind.open(folder === undefined ? undefined : resolve(options.workingFolder ?? "", folder));
}
