// Run directories, checkpoints and safetensors files. Needs Node: it writes to disks.
export { replaceFile } from "./atomic-file.ts";
export { CheckpointError } from "./errors.ts";
export {
  createRunDirectory,
  createRunFolder,
  type FindRunOptions,
  listCheckpoints,
  openRunDirectory,
  type RunDirectory,
  type RunDirectoryOptions,
} from "./run-directory.ts";
export { type NamedTensors, readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export {
  type EpochSums,
  nameTensors,
  readTrainingCheckpoint,
  readTrainingProgress,
  restoreTree,
  type TrainingCheckpoint,
  type TrainingProgress,
  writeTrainingCheckpoint,
} from "./training-checkpoint.ts";
