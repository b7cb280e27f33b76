// Table 1: errors on the test set of ILSVRC-2010, against the best results before. Here the CNN's rows are measured.
import { configFor, type FinalTest } from "trainer";
import type { Experiment, Report } from "../experiment.ts";
import { overSeeds } from "../statistics.ts";

interface Errors {
  readonly top1: number;
  readonly top5: number;
}

interface Row {
  readonly model: string;
  /** In percent, as the paper prints them; undefined where it has no such row. */
  readonly paper: Errors | undefined;
  /** What one training measured; undefined for what is not measured here. */
  readonly here?: (test: FinalTest) => Errors;
}

const rows: readonly Row[] = [
  { model: "Sparse coding", paper: { top1: 47.1, top5: 28.2 } },
  { model: "SIFT + Fisher vectors", paper: { top1: 45.7, top5: 25.7 } },
  {
    model: "CNN, one view",
    paper: { top1: 39.0, top5: 18.3 },
    here: ({ summary }) => ({ top1: summary.top1Error.oneView, top5: summary.top5Error.oneView }),
  },
  {
    model: "CNN, ten views",
    paper: { top1: 37.5, top5: 17.0 },
    here: ({ summary }) => ({ top1: summary.top1Error.tenViews, top5: summary.top5Error.tenViews }),
  },
  {
    model: "Nearest neighbour (pixels)",
    paper: undefined,
    here: ({ baseline }) => ({ top1: baseline.top1Error, top5: baseline.top5Error }),
  },
];

export const table1: Experiment = {
  title: "Errors on the test pictures (Table 1)",
  section: "6",
  async run({ options, train }) {
    const { data, epochs, steps, batch } = options;
    const tests: FinalTest[] = [];
    for (let seed = 1; seed <= options.seeds; seed++) {
      const config = configFor({ model: "alexnet-mini", data, seed, epochs, steps, batch });
      tests.push(await train(config, `seed-${seed}`));
    }
    return reportOf(tests, data);
  },
};

function reportOf(tests: readonly FinalTest[], data: string): Report {
  const dataset = datasetTitle(data);
  const cells = (errors: readonly Errors[]): string[] =>
    errors.length === 0
      ? ["-", "-"]
      : [overSeeds(errors.map(({ top1 }) => top1)), overSeeds(errors.map(({ top5 }) => top5))];
  const seeds = tests.map(({ summary }) => summary.seed);
  return {
    title: "Table 1: errors on the test pictures",
    tables: [
      {
        caption: "Errors in %, top-1 and top-5",
        columns: ["", "paper (ImageNet)", "top-5", `here (${dataset})`, "top-5"],
        rows: rows.map(({ model, paper, here }) => [
          model,
          ...(paper === undefined ? ["-", "-"] : [paper.top1.toFixed(1), paper.top5.toFixed(1)]),
          ...cells(here === undefined ? [] : tests.map(here)),
        ]),
      },
    ],
    notes: [
      "The paper's columns are quoted, not measured: a network of 61 million parameters on the test set of ILSVRC-2010, 1000 classes. They cannot be compared with the columns beside them.",
      `Here: a small network of the same kind (alexnet-mini) on ${tests[0]?.pictures ?? 0} test pictures of ${dataset}, opened once, after the last step. ${
        seeds.length === 1 ? `Seed ${seeds[0]}.` : `Median over ${seeds.length} seeds, with the lowest and the highest.`
      }`,
      "A dash: not measured here, or not in the paper.",
    ],
    measurements: { data, tests },
  };
}

function datasetTitle(data: string): string {
  const [name = data] = data.split("=");
  const titles: Readonly<Record<string, string>> = {
    "fashion-mnist": "Fashion-MNIST",
    "fashion-mnist-full": "Fashion-MNIST",
    emoji: "emoji, 54 classes",
    "emoji-concepts": "emoji, unseen concepts",
    cifar10: "CIFAR-10",
  };
  return titles[name] ?? name;
}
