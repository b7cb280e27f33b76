// The Node that this runs in, for hosts that have none.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "@tandem/core";

const run = promisify(execFile);

export interface NodeBinary {
  readonly binary: string;
  readonly licence: string;
  /** A line for the user, where it is not what it should be. */
  readonly warning?: string;
}

export interface ThisNode {
  readonly platform: string;
  readonly architecture: string;
  readonly binary: string;
  /** What is loaded into the process, as `process.report` says it. */
  readonly sharedObjects: readonly string[];
}

/** Part of every Linux that has a GPU's driver. */
const OF_THE_SYSTEM =
  /^(linux-vdso|libdl|libstdc\+\+|libm|libgcc_s|libpthread|librt|libresolv|libutil|libnss_\w+|libc|ld-linux-x86-64)\.so(\.|$)/;

/**
 * Puts a copy without debugging symbols into `folder`. Throws UsageError where this Node is for another system than Linux on x86-64
 * with glibc, or is no single file.
 */
export async function packNode(folder: string, node: ThisNode, strip = "strip"): Promise<NodeBinary> {
  requireTarget(node);
  const licence = licenceOf(node.binary);
  if (licence === undefined) {
    throw new UsageError(`Node's licence is not where it should be, beside ${node.binary}`, {
      hint: "run pnpm bundle with a Node from https://nodejs.org/dist, which brings it",
    });
  }
  const stripped = join(folder, "node");
  try {
    await run(strip, ["--strip-unneeded", "-o", stripped, node.binary]);
    return { binary: stripped, licence };
  } catch {
    return {
      binary: node.binary,
      licence,
      warning: `${strip} is not installed: Node is packed with its debugging symbols (apt install binutils)`,
    };
  }
}

function requireTarget({ platform, architecture, binary, sharedObjects }: ThisNode): void {
  const hint =
    "run pnpm bundle on Linux x86-64, or in a container: docker run --platform linux/amd64 -v $PWD:/tandem -w /tandem node:20 npm run bundle";
  if (platform !== "linux" || architecture !== "x64") {
    throw new UsageError(`the archive is for linux-x64, and this Node is for ${platform}-${architecture}`, { hint });
  }
  const foreign = sharedObjects.filter((path) => /\.so(\.|$)/.test(path) && !OF_THE_SYSTEM.test(basename(path)));
  if (foreign.length === 0) return;
  throw new UsageError(`${binary} needs libraries that other hosts may not have: ${foreign.join(", ")}`, {
    hint: "run pnpm bundle with a Node from https://nodejs.org/dist, which is one file",
  });
}

/** Where nodejs.org's archive and Debian's packages put it. */
function licenceOf(binary: string): string | undefined {
  const prefix = dirname(dirname(binary));
  return [
    join(prefix, "LICENSE"),
    join(prefix, "share/doc/nodejs/LICENSE"),
    join(prefix, "share/doc/node/LICENSE"),
  ].find((path) => existsSync(path));
}
