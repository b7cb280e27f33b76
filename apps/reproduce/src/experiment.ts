// What an experiment is: a description of what the paper did, and a function that measures it here.
import type { FinalTest, TrainingConfig } from "trainer";
import type { Table } from "./table.ts";

/** What every experiment can be told. */
export interface ExperimentOptions {
  /** `NAME` or `NAME=FOLDER`. */
  readonly data: string;
  /** How many trainings, with the seeds 1, 2, ... */
  readonly seeds: number;
  /** Where given, instead of the preset's. */
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  readonly batch?: number | undefined;
}

/** What an experiment measures with. */
export interface Laboratory {
  readonly options: ExperimentOptions;
  /** Trains and tests once; what it writes goes to a folder of that name. Rejects with InterruptedError if it is stopped. */
  train(config: TrainingConfig, name: string): Promise<FinalTest>;
}

export interface Report {
  readonly title: string;
  readonly tables: readonly Table[];
  /** What a reader must know to read the tables rightly. */
  readonly notes: readonly string[];
  /** Everything that was measured, as plain data. */
  readonly measurements: object;
}

export interface Experiment {
  /** What it shows. */
  readonly title: string;
  /** Where the paper has it. */
  readonly section: string;
  run(laboratory: Laboratory): Promise<Report>;
}
