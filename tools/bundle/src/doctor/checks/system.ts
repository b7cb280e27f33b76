// Whether this host has what Node and Dawn were built for.
import { availableParallelism, cpus, totalmem } from "node:os";
import { z } from "zod";
import type { Finding } from "../finding.ts";

export interface HostFacts {
  readonly platform: string;
  readonly architecture: string;
  readonly node: string;
  /** Of the running process, where it is glibc. */
  readonly glibc: string | undefined;
}

/** Dawn's; Node's own is older. */
const LEAST_GLIBC = "2.34";

const reportSchema = z.object({
  header: z.object({ glibcVersionRuntime: z.string().optional() }),
  sharedObjects: z.array(z.string()),
});

export function hostFacts(): HostFacts {
  return {
    platform: process.platform,
    architecture: process.arch,
    node: process.versions.node,
    glibc: processReport().header.glibcVersionRuntime,
  };
}

/** Paths of the libraries that this process has loaded so far. */
export function loadedLibraries(): readonly string[] {
  return processReport().sharedObjects;
}

export function checkSystem({ platform, architecture, node, glibc }: HostFacts): readonly Finding[] {
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const processor = `${availableParallelism()} cores (${cpus()[0]?.model ?? architecture}), ${memory} GiB`;
  return [
    platform === "linux" && architecture === "x64"
      ? { state: "fine", subject: "host", text: `Linux x86-64, ${processor}` }
      : { state: "wrong", subject: "host", text: `${platform}-${architecture}; the archive is for Linux x86-64` },
    { state: "fine", subject: "node", text: `${node} at ${process.execPath}` },
    checkGlibc(glibc),
  ];
}

function checkGlibc(glibc: string | undefined): Finding {
  const subject = "glibc";
  if (glibc === undefined) return { state: "absent", subject, text: `not found; webgpu needs ${LEAST_GLIBC}` };
  if (isAtLeast(glibc, LEAST_GLIBC)) return { state: "fine", subject, text: glibc };
  return { state: "absent", subject, text: `${glibc}; webgpu needs ${LEAST_GLIBC}, wasm works` };
}

/** Of versions such as 2.34. */
function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function processReport(): z.output<typeof reportSchema> {
  const report = process.report?.getReport();
  return reportSchema.parse(typeof report === "string" ? JSON.parse(report) : report);
}
