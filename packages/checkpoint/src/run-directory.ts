// The folder of one training run: what it was told, how it went, what came out.
//
//   config.json                    everything needed to repeat the run
//   metrics.jsonl                  one object a line, in the order of time
//   checkpoints/epoch-003.safetensors
//   model.safetensors              the parameters that were tested
//   summary.json                   the result; there once the run is over
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, replaceFile, writeError } from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";
import { type NamedTensors, writeSafetensors } from "./safetensors.ts";
import { type TrainingCheckpoint, writeTrainingCheckpoint } from "./training-checkpoint.ts";

export interface RunDirectory {
  readonly name: string;
  readonly path: string;
  writeConfig(config: object): Promise<void>;
  /** Adds one line to metrics.jsonl. */
  appendMetrics(record: object): Promise<void>;
  writeSummary(summary: object): Promise<void>;
  /** Writes checkpoints/`label`.safetensors and returns its path. */
  writeCheckpoint(label: string, checkpoint: TrainingCheckpoint): Promise<string>;
  writeModel(tensors: NamedTensors, metadata: Readonly<Record<string, string>>): Promise<void>;
}

export interface RunDirectoryOptions {
  /** The folder that holds all runs; made if it is not there. */
  readonly root: string;
  /** The name the user asked for: taken as it is, and refused if a run has it. */
  readonly name?: string | undefined;
  /** Without a name: the run is called this, or this with the first free number behind it, `-2`, `-3`, ... */
  readonly defaultName: string;
}

/**
 * Makes the folder of a new run. Runs started at the same time get folders of their own.
 *
 * @throws CheckpointError if the name is taken or cannot be a folder's, or the folder cannot be made.
 */
export async function createRunDirectory(options: RunDirectoryOptions): Promise<RunDirectory> {
  const { name, path } = await createRunFolder(options);
  await makeFolder(join(path, CHECKPOINTS), false);
  return runDirectoryAt(name, path);
}

/** An empty folder with a name of its own, by the rules of `createRunDirectory`. */
export async function createRunFolder({
  root,
  name,
  defaultName,
}: RunDirectoryOptions): Promise<Pick<RunDirectory, "name" | "path">> {
  if (name !== undefined) checkRunName(name);
  await makeFolder(root, true);
  for (let number = 1; ; number++) {
    const candidate = name ?? (number === 1 ? defaultName : `${defaultName}-${number}`);
    const path = join(root, candidate);
    if (await makeFolder(path, false)) return { name: candidate, path };
    if (name !== undefined) {
      throw new CheckpointError(`there is a run called ${name} already, in ${path}`, {
        hint: "choose another --name; runs are never overwritten",
      });
    }
  }
}

/** The checkpoints of a run, oldest first. */
export async function listCheckpoints(runPath: string): Promise<string[]> {
  const folder = join(runPath, CHECKPOINTS);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CheckpointError(`${runPath} is no run: it has no folder ${CHECKPOINTS}`, { cause });
  });
  return names
    .filter((name) => name.endsWith(".safetensors"))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((name) => join(folder, name));
}

const CHECKPOINTS = "checkpoints";

function runDirectoryAt(name: string, path: string): RunDirectory {
  const writeJson = (file: string, value: object): Promise<void> =>
    replaceFile(join(path, file), [`${JSON.stringify(value, undefined, 2)}\n`]);
  return {
    name,
    path,
    writeConfig: (config) => writeJson("config.json", config),
    writeSummary: (summary) => writeJson("summary.json", summary),
    appendMetrics: async (record) => {
      const file = join(path, "metrics.jsonl");
      await appendFile(file, `${JSON.stringify(record)}\n`).catch((cause: unknown) => {
        throw writeError(file, cause);
      });
    },
    writeCheckpoint: async (label, checkpoint) => {
      const file = join(path, CHECKPOINTS, `${label}.safetensors`);
      await writeTrainingCheckpoint(file, checkpoint);
      return file;
    },
    writeModel: (tensors, metadata) => writeSafetensors(join(path, "model.safetensors"), tensors, metadata),
  };
}

/** Letters, digits and `. _ + = -`, so that a name is one folder on every system and needs no quotes in a shell. */
function checkRunName(name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9._+=-]{0,99}$/.test(name)) return;
  throw new CheckpointError(`"${name}" cannot be the name of a run`, {
    hint: "use up to 100 letters, digits and . _ + = -, beginning with a letter or a digit",
  });
}

/** Returns whether the folder was made; false if it was there. */
async function makeFolder(path: string, recursive: boolean): Promise<boolean> {
  try {
    await mkdir(path, { recursive });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST" && !recursive) return false;
    throw writeError(path, error);
  }
}
