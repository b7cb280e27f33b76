// What was found about the ways to run one step on one adapter, and the file that remembers it.

/** Plain data. */
export interface TuningRecord {
  /** Of adapter, driver, op, types, attributes and the text of the kernels: a record of anything else is never found. */
  readonly key: string;
  readonly adapter: string;
  readonly driver: string;
  readonly op: string;
  /** For example `f32[128,9216] f32[9216,4096] -> f32[128,4096]`. */
  readonly types: string;
  /** The fastest one. */
  readonly variant: string;
  /** Median of the runs of each variant that ran. */
  readonly milliseconds: Readonly<Record<string, number>>;
}

const VERSION = 1;

export function formatTuningFile(records: readonly TuningRecord[]): string {
  const lines = records.map((record) => `  ${JSON.stringify(record)}`);
  return `{"version": ${VERSION}, "records": [\n${lines.join(",\n")}\n]}\n`;
}

/** `undefined` for anything but a whole file of this version. */
export function parseTuningFile(text: string): readonly TuningRecord[] | undefined {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(file) || file.version !== VERSION || !Array.isArray(file.records)) return undefined;
  const records: readonly unknown[] = file.records;
  return records.every(isRecord) ? records : undefined;
}

function isRecord(candidate: unknown): candidate is TuningRecord {
  if (!isObject(candidate)) return false;
  const { milliseconds } = candidate;
  return (
    ["key", "adapter", "driver", "op", "types", "variant"].every((name) => typeof candidate[name] === "string") &&
    isObject(milliseconds) &&
    Object.values(milliseconds).every((each) => typeof each === "number")
  );
}

function isObject(candidate: unknown): candidate is Readonly<Record<string, unknown>> {
  return typeof candidate === "object" && candidate !== null;
}
