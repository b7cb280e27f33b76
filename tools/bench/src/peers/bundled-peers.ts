// Peers whose libraries Node cannot import as they are published: bundled into one file each, when they are first asked for.
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

type BundledPeer = "tfjs-webgpu-peer";
const bundledPeers: readonly BundledPeer[] = ["tfjs-webgpu-peer"];

/** The same from `src` and from `dist`. */
function builtFile(peer: BundledPeer, suffix: string): string {
  return fileURLToPath(new URL(`../../dist/peers/${peer}${suffix}`, import.meta.url));
}

/** Bundles all of them. */
export async function buildBundledPeers(): Promise<void> {
  for (const peer of bundledPeers) await bundledPeer(peer);
}

/** Resolves to the bundle's path. What is newer than the built peer is left alone, so that only a checkout needs a bundler. */
export async function bundledPeer(peer: BundledPeer): Promise<string> {
  const entry = builtFile(peer, ".js");
  const bundle = builtFile(peer, ".bundle.js");
  if ((await modified(bundle)) >= (await modified(entry))) return bundle;
  const { build } = await import("vite");
  await build({
    configFile: false,
    logLevel: "error",
    root: dirname(entry),
    publicDir: false,
    // The CommonJS files of tfjs come without gradients; its modules have them, and imports that only bundlers resolve.
    resolve: { mainFields: ["module", "main"] },
    ssr: { noExternal: true, external: ["webgpu"] },
    build: {
      ssr: entry,
      outDir: dirname(entry),
      emptyOutDir: false,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: `${peer}.bundle.js`, codeSplitting: false } },
    },
  });
  return bundle;
}

/** Milliseconds since 1970; nothing is older than what does not exist. */
async function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.NEGATIVE_INFINITY,
  );
}
