// The options of `pnpm reproduce`.
import { KNOWN_DATASETS } from "@tandem/data";
import { type CommandDescription, nonEmpty, wholeNumber } from "trainer";
import { z } from "zod";
import type { ExperimentOptions } from "./experiment.ts";
import { experiments } from "./experiments/index.ts";

export interface ReproduceOptions extends ExperimentOptions {
  readonly out?: string | undefined;
  readonly name?: string | undefined;
}

export const reproduceCommand: CommandDescription<ReproduceOptions> = {
  usage: "pnpm reproduce",
  about: "Measures what the paper reports, on data that is here, beside the paper's numbers.",
  operands: [{ name: "<experiment>", about: [...experiments.keys()].join(", ") }],
  flags: {
    data: {
      argument: "<name>",
      about: `${KNOWN_DATASETS.map(({ usage }) => usage).join(", ")} (default: fashion-mnist)`,
    },
    seeds: { argument: "<count>", about: "how many trainings, with the seeds 1, 2, ... (default: 1)" },
    epochs: { argument: "<count>", about: "passes over the training pictures" },
    steps: { argument: "<count>", about: "at most this many steps a training" },
    batch: { argument: "<count>", about: "pictures a step" },
    out: { argument: "<folder>", about: "folder that holds the runs (default: runs, in the repository)" },
    name: {
      argument: "<name>",
      about: "of the folder (default: from experiment and data, with a number where that is taken)",
    },
  },
  schema: z.object({
    data: nonEmpty("the name of a dataset").default("fashion-mnist"),
    seeds: wholeNumber(1, 100).default(1),
    epochs: wholeNumber(1, 100_000).optional(),
    steps: wholeNumber(1, 1_000_000_000).optional(),
    batch: wholeNumber(1, 65_536).optional(),
    out: nonEmpty("a folder").optional(),
    name: nonEmpty("a name").optional(),
  }),
  examples: ["pnpm reproduce table1", "pnpm reproduce table1 --seeds 3 --data emoji"],
  notes: [...experiments].map(([name, { title, section }]) => `${name}: ${title}; section ${section} of the paper`),
};
