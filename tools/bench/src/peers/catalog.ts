// The peers by the names that users write: how each one is started, and how it is installed where it is missing.
import { fileURLToPath } from "node:url";
import type { Contender } from "../contender.ts";
import { type PeerCommand, startPeer } from "./peer-process.ts";
import { pythonWithTorch } from "./python.ts";

export type PeerName = "torch" | "tfjs" | "ort" | "ort-web" | "jaxjs";
export const peerNames: readonly PeerName[] = ["torch", "tfjs", "ort", "ort-web", "jaxjs"];

interface PeerEntry {
  readonly install: string;
  /** Nothing, if what it needs is not there. */
  commands(threads: number): Promise<readonly Omit<PeerCommand, "library" | "patienceSeconds">[]>;
}

/** Node runs no TypeScript, so that sources, too, start the built peers. */
function javascript(name: PeerName, file: string, ...words: readonly string[]): PeerEntry {
  const entry = fileURLToPath(new URL(`../../dist/peers/${file}.js`, import.meta.url));
  return {
    install: "pnpm install && pnpm build",
    commands: async (threads) => [{ name, command: process.execPath, arguments: [entry, ...words, `${threads}`] }],
  };
}

/**
 * glibc gives freed memory of this size back to the system, and PyTorch takes it anew in every step, page by page. Told to keep it,
 * PyTorch can be more than twice as fast, so it is measured in both ways: as it is installed, under its own name, and so.
 */
const keepingMemory = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: `${2 ** 40}` };

const torch: PeerEntry = {
  install: "on Debian: apt install python3-torch libopenblas0-pthread",
  async commands(threads) {
    const python = await pythonWithTorch();
    if (python === undefined) return [];
    const script = fileURLToPath(new URL("../../python/torch_peer.py", import.meta.url));
    const start = { command: python, arguments: [script, `${threads}`] };
    return [
      { name: "torch", ...start },
      { name: "torch keeping memory", ...start, environment: keepingMemory },
    ];
  },
};

const catalog: Readonly<Record<PeerName, PeerEntry>> = {
  torch,
  tfjs: javascript("tfjs", "tfjs-peer"),
  ort: javascript("ort", "onnx-peer", "node"),
  "ort-web": javascript("ort-web", "onnx-peer", "web"),
  jaxjs: javascript("jaxjs", "jaxjs-peer"),
};

export interface MissingPeer {
  readonly name: PeerName;
  readonly reason: string;
  readonly install: string;
}

export interface StartedPeers {
  readonly contenders: readonly Contender[];
  readonly missing: readonly MissingPeer[];
}

/** Starts those that are there. `patienceSeconds`: how long an answer may take. */
export async function startPeers(
  names: readonly PeerName[],
  threads: number,
  patienceSeconds: number,
): Promise<StartedPeers> {
  const contenders: Contender[] = [];
  const missing: MissingPeer[] = [];
  for (const name of names) {
    const { install, commands } = catalog[name];
    try {
      const found = await commands(threads);
      if (found.length === 0) missing.push({ name, install, reason: "it is not installed" });
      for (const command of found) contenders.push(await startPeer({ ...command, library: name, patienceSeconds }));
    } catch (error) {
      missing.push({ name, install, reason: error instanceof Error ? error.message : `${error}` });
    }
  }
  return { contenders, missing };
}
