// The reference backend: what every operation means.
import { type Backend, type Device, interpreterDevice, UsageError } from "@tandem/core";
import { referenceKernels } from "./kernels.ts";

/** Runs every primitive at every type, with any epilogue. */
export const referenceBackend: Backend = {
  name: "reference",
  memory: "slots",
  supports: (op) => referenceKernels.has(op),
};

export interface ReferenceOptions {
  /** How many devices to open; 1 by default. */
  readonly count?: number;
  /** Number of the first one; 0 by default. */
  readonly first?: number;
  /** Bytes of tensors each device may hold; 4 GiB by default. */
  readonly memoryBytes?: number;
}

/** Opens `reference:0`, `reference:1`, ... which compute on the calling thread. */
export async function openReference(options: ReferenceOptions = {}): Promise<readonly Device[]> {
  const { count = 1, first = 0, memoryBytes = 4 * 1024 ** 3 } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`openReference expects a count of devices of at least 1, found ${count}`);
  }
  return Array.from({ length: count }, (_, index) =>
    interpreterDevice({
      name: `reference:${first + index}`,
      backend: referenceBackend,
      limits: { memoryBytes },
      kernel: (op) => referenceKernels.get(op),
    }),
  );
}
