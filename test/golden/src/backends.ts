// The backends whose results are compared with PyTorch's.
import { openReference } from "@tandem/backend-reference";
import { openTfjs } from "@tandem/backend-tfjs";
import { openWasm } from "@tandem/backend-wasm";
import type { Device } from "@tandem/core";

export interface TestedBackend {
  readonly name: string;
  readonly open: (options: { readonly count: number }) => Promise<readonly Device[]>;
}

export const testedBackends: readonly TestedBackend[] = [
  { name: "reference", open: openReference },
  { name: "tfjs", open: openTfjs },
  { name: "wasm", open: openWasm },
];
