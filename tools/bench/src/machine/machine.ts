// What a measurement was taken on.
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { measurePeak, type Peak } from "./peak.ts";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Variables that change what libraries do. */
  readonly environment: Readonly<Record<string, string>>;
  readonly peak: Peak;
}

const TELLING = /^(OPENBLAS_|OMP_|MKL_|GOMP_|MALLOC_|TANDEM_|NODE_OPTIONS$|LD_PRELOAD$)/;

/** Describes this machine, measuring its peak with so many threads. */
export async function describeMachine(threads: number, environment: NodeJS.ProcessEnv = process.env): Promise<Machine> {
  const telling = Object.entries(environment).flatMap(([name, value]) =>
    TELLING.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    processor: cpus()[0]?.model ?? arch(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    environment: Object.fromEntries(telling.toSorted(([a], [b]) => a.localeCompare(b))),
    peak: await measurePeak(threads),
  };
}
