// The peers by the names that users write: how each one is started, and how it is installed where it is missing.
import { fileURLToPath } from "node:url";
import { UsageError } from "@tandem/core";
import type { Contender } from "../contender.ts";
import { bundledPeer } from "./bundled-peers.ts";
import { type PeerCommand, startPeer } from "./peer-process.ts";
import { pythonWithTorch, torchOnCuda } from "./python.ts";

type CpuPeerName = "torch" | "tfjs" | "ort" | "ort-web" | "jaxjs";
type GpuPeerName = "tfjs-webgpu" | "torch-cuda";
export type PeerName = CpuPeerName | GpuPeerName;

const cpuPeers: readonly CpuPeerName[] = ["torch", "tfjs", "ort", "ort-web", "jaxjs"];
const gpuPeers: readonly GpuPeerName[] = ["tfjs-webgpu", "torch-cuda"];
export const peerNames: readonly PeerName[] = [...cpuPeers, ...gpuPeers];

/** Those that compute on what ours compute on. */
export function peersFor(isOnAdapter: boolean): readonly PeerName[] {
  return isOnAdapter ? gpuPeers : cpuPeers;
}

export interface PeerCircumstances {
  /** Of peers that compute on the CPU. */
  readonly threads: number;
  /** Name of the adapter that ours compute on. */
  readonly adapter?: string | undefined;
  /** How long an answer may take. */
  readonly patienceSeconds: number;
}

type PeerStart = Omit<PeerCommand, "library" | "patienceSeconds">;

interface PeerEntry {
  readonly install: string;
  /** Throws UsageError, saying why, where what it needs is not there. */
  commands(circumstances: PeerCircumstances): Promise<readonly PeerStart[]>;
}

/** Node runs no TypeScript, so that sources, too, start the built peers. */
function javascript(name: PeerName, file: string, ...words: readonly string[]): PeerEntry {
  const entry = fileURLToPath(new URL(`../../dist/peers/${file}.js`, import.meta.url));
  return {
    install: "pnpm install && pnpm build",
    commands: async ({ threads }) => [{ name, command: process.execPath, arguments: [entry, ...words, `${threads}`] }],
  };
}

const torchScript = fileURLToPath(new URL("../../python/torch_peer.py", import.meta.url));

/**
 * glibc gives freed memory of this size back to the system, and PyTorch takes it anew in every step, page by page. Told to keep it,
 * PyTorch can be more than twice as fast, so it is measured in both ways: as it is installed, under its own name, and so.
 */
const keepingMemory = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: `${2 ** 40}` };

const torch: PeerEntry = {
  install: "on Debian: apt install python3-torch libopenblas0-pthread",
  async commands({ threads }) {
    const start = { command: await pythonWithTorch(), arguments: [torchScript, `${threads}`, "cpu"] };
    return [
      { name: "torch", ...start },
      { name: "torch keeping memory", ...start, environment: keepingMemory },
    ];
  },
};

/** In f32 without TF32, and as its users train in f16. */
const torchCuda: PeerEntry = {
  install: "pip install torch, in a build for the driver's CUDA",
  async commands({ threads }) {
    const command = await torchOnCuda();
    return [
      { name: "torch-cuda", command, arguments: [torchScript, `${threads}`, "cuda"] },
      { name: "torch-cuda autocast", command, arguments: [torchScript, `${threads}`, "cuda", "autocast"] },
    ];
  },
};

const tfjsWebgpu: PeerEntry = {
  install: "a WebGPU adapter, which pnpm devices lists, and --backend webgpu",
  async commands({ adapter }) {
    if (adapter === undefined) throw new UsageError("ours are on no adapter that it could run on");
    const command = process.execPath;
    return [{ name: "tfjs-webgpu", command, arguments: [await bundledPeer("tfjs-webgpu-peer"), adapter] }];
  },
};

const catalog: Readonly<Record<PeerName, PeerEntry>> = {
  torch,
  tfjs: javascript("tfjs", "tfjs-peer"),
  ort: javascript("ort", "onnx-peer", "node"),
  "ort-web": javascript("ort-web", "onnx-peer", "web"),
  jaxjs: javascript("jaxjs", "jaxjs-peer"),
  "tfjs-webgpu": tfjsWebgpu,
  "torch-cuda": torchCuda,
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

/** Starts those that are there, and says of the others why they are not. */
export async function startPeers(names: readonly PeerName[], circumstances: PeerCircumstances): Promise<StartedPeers> {
  const { patienceSeconds } = circumstances;
  const contenders: Contender[] = [];
  const missing: MissingPeer[] = [];
  for (const name of names) {
    const { install, commands } = catalog[name];
    try {
      for (const command of await commands(circumstances)) {
        contenders.push(await startPeer({ ...command, library: name, patienceSeconds }));
      }
    } catch (error) {
      missing.push({ name, install, reason: error instanceof Error ? error.message : `${error}` });
    }
  }
  return { contenders, missing };
}
