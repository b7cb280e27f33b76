// The parts of the trainer that other apps are built from.
export { describeFailure } from "./failure.ts";
export type { FinalTest } from "./final-test.ts";
export { formatNumber, formatPercent, formatSeconds } from "./format.ts";
export { type Environment, repositoryRoot, runsFolder, wantsPlan, workingFolder } from "./invocation.ts";
export { nonEmpty, oneOf, positiveNumber, wholeNumber } from "./option-schemas.ts";
export { type CommandDescription, type OptionDescription, type ParsedCommand, parseOptions } from "./parse-options.ts";
export { configFor, type TrainingChoices } from "./preset.ts";
export type { TrainingDependencies } from "./session.ts";
export { listenForStop, type StopRequest } from "./stop-request.ts";
export type { Summary } from "./summary.ts";
export { terminalReporter } from "./terminal-reporter.ts";
export { type TrainingOutcome, train } from "./train.ts";
export type { TrainingConfig } from "./training-config.ts";
export type { DisposableReporter, Reporter, TrainingEvent } from "./training-events.ts";
