// Devices to divide a training between: of one backend, of several, and of two adapters at once.
import type { Device } from "@tandem/core";
import { type TestedBackend, testedBackends } from "@tandem/test-conformance/backends";

export interface DeviceSet {
  readonly name: string;
  readonly isOneBackend: boolean;
  /** How many devices tests need of it: two where programs take long to load. */
  readonly most: number;
  /** Opens `count` devices; backends take turns. */
  readonly open: (count: number) => Promise<readonly Device[]>;
}

const adapters = testedBackends.filter(({ backend }) => backend.name === "webgpu");
const [onReference, onWasm] = ["reference", "wasm"].map((wanted) =>
  testedBackends.filter(({ name }) => name === wanted),
);

/** Those of this machine. What is missing of WebGPU has been said where adapters are looked for. */
export const deviceSets: readonly DeviceSet[] = [
  ...setOf(onReference, 3),
  ...setOf(onWasm, 3),
  ...setOf(adapters.slice(0, 1), 2),
  ...(adapters.length > 0 ? setOf([...adapters.slice(0, 1), ...(onWasm ?? [])], 2) : []),
  ...(adapters.length > 1 ? setOf(adapters, 2) : []),
];

function setOf(backends: readonly TestedBackend[] = [], most: number): readonly DeviceSet[] {
  if (backends.length === 0) return [];
  const open = async (count: number): Promise<readonly Device[]> => {
    const used = backends.slice(0, count);
    const opened = await Promise.all(
      used.map((backend, index) => backend.open({ count: Math.ceil((count - index) / used.length) })),
    );
    const turns = Array.from(
      { length: count },
      (_, turn) => opened[turn % used.length]?.[Math.floor(turn / used.length)],
    );
    return turns.flatMap((device) => (device === undefined ? [] : [device]));
  };
  const name = backends.map((backend) => backend.name).join(" and ");
  return [{ name, isOneBackend: backends.length === 1, most, open }];
}
