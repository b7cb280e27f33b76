// The folder of one training run: what it was told, how it went, what came out.
//
//   config.json                    everything needed to repeat the run
//   metrics.jsonl                  one object a line, in the order of time
//   checkpoints/epoch-003.safetensors
//   model.safetensors              the parameters that were tested
//   summary.json                   the result; there once the run is over
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { errorCode, replaceFile, writeError } from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import { type NamedTensors, writeSafetensors } from "./safetensors.ts";
import { type TrainingCheckpoint, writeTrainingCheckpoint } from "./training-checkpoint.ts";

export interface RunDirectory {
  readonly name: string;
  readonly path: string;
  /** What `writeConfig` wrote. @throws CheckpointError if it is not there or damaged. */
  readConfig(): Promise<unknown>;
  /** Whether summary.json is there. */
  isFinished(): boolean;
  /** Makes the run one that goes on: removes summary.json, and the lines of metrics.jsonl that `keep` refuses. */
  rewind(keep: (record: unknown) => boolean): Promise<void>;
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

export interface FindRunOptions {
  /** The folder that holds all runs, in which `run` may be a name. */
  readonly root: string;
  /** What a relative path is relative to. */
  readonly workingFolder: string;
}

/**
 * The folder of a run that was begun before, given as a path or by its name.
 *
 * @throws CheckpointError, naming the runs there are, if there is none.
 */
export async function openRunDirectory(run: string, { root, workingFolder }: FindRunOptions): Promise<RunDirectory> {
  const candidates = [resolve(workingFolder, run), join(root, run)];
  const path = candidates.find(isRun);
  if (path !== undefined) return runDirectoryAt(basename(path), path);
  const names = (await readdir(root).catch((): string[] => [])).filter((name) => isRun(join(root, name)));
  throw new CheckpointError(`there is no run ${run}: neither ${candidates.join(" nor ")} holds a config.json`, {
    hint: names.length === 0 ? `there are no runs in ${root}` : `the runs in ${root} are ${names.sort().join(", ")}`,
  });
}

function isRun(path: string): boolean {
  return existsSync(join(path, CONFIG));
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
const CONFIG = "config.json";
const METRICS = "metrics.jsonl";
const SUMMARY = "summary.json";

function runDirectoryAt(name: string, path: string): RunDirectory {
  const writeJson = (file: string, value: object): Promise<void> =>
    replaceFile(join(path, file), [`${JSON.stringify(value, undefined, 2)}\n`]);
  return {
    name,
    path,
    readConfig: async () => {
      const file = join(path, CONFIG);
      const text = await readFile(file, "utf8").catch((cause: unknown) => {
        throw new CheckpointError(`could not read ${file}`, { cause });
      });
      const config = parseJson(text);
      if (config === undefined) throw new CheckpointError(`${file} is damaged: it is no JSON`);
      return config;
    },
    isFinished: () => existsSync(join(path, SUMMARY)),
    rewind: async (keep) => {
      await rm(join(path, SUMMARY), { force: true });
      const file = join(path, METRICS);
      const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
      const kept = lines.filter((line) => {
        const record = parseJson(line);
        return record !== undefined && keep(record);
      });
      await replaceFile(
        file,
        kept.map((line) => `${line}\n`),
      );
    },
    writeConfig: (config) => writeJson(CONFIG, config),
    writeSummary: (summary) => writeJson(SUMMARY, summary),
    appendMetrics: async (record) => {
      const file = join(path, METRICS);
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
