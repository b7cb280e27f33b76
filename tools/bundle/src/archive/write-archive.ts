// Writes an archive beside its place and moves it there when it is whole.
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "@tandem/core";
import { type Pack, pack as startPack } from "tar-stream";
import type { ArchiveEntry } from "./archive-entry.ts";
import type { Compression } from "./compression.ts";

/** The same for every file, so that the same files make the same archive. */
const MODIFIED = new Date("2020-01-01T00:00:00Z");

/**
 * Resolves to the archive's bytes. `folder` is what it unpacks to. Where anything fails, nothing is left, what was there before stays,
 * and it rejects with UsageError.
 */
export async function writeArchive(
  destination: string,
  folder: string,
  entries: readonly ArchiveEntry[],
  compression: Pick<Compression, "compress">,
): Promise<number> {
  const beside = `${destination}.${process.pid}.partial`;
  try {
    await mkdir(dirname(destination), { recursive: true });
    const pack = startPack();
    // Failures reach whoever waits for the promises below.
    pack.on("error", () => undefined);
    const packed = Readable.from(pack).on("error", () => undefined);
    const written = compression.compress(packed, createWriteStream(beside));
    // Who packs would wait for ever for a writer that has failed.
    written.catch((error: Error) => pack.destroy(error));
    const results = await Promise.allSettled([written, packEntries(pack, folder, entries)]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    await rename(beside, destination);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new UsageError(`${destination} was not written: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  return (await stat(destination)).size;
}

async function packEntries(pack: Pack, folder: string, entries: readonly ArchiveEntry[]): Promise<void> {
  try {
    for (const entry of entries) await packEntry(pack, `${folder}/${entry.path}`, entry);
    pack.finalize();
  } catch (error) {
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

async function packEntry(pack: Pack, name: string, entry: ArchiveEntry): Promise<void> {
  if (entry.kind === "link") {
    await added((done) => pack.entry({ name, type: "symlink", linkname: entry.target, mtime: MODIFIED }, done));
    return;
  }
  const head = { name, mode: entry.isExecutable ? 0o755 : 0o644, mtime: MODIFIED };
  if (entry.kind === "text") {
    await added((done) => pack.entry(head, entry.text, done));
    return;
  }
  const { size } = await stat(entry.from);
  await pipeline(createReadStream(entry.from), pack.entry({ ...head, size }));
}

/** Where packing is given up, the entry fails as well as who waits for it. */
function added(add: (done: (error?: Error | null) => void) => NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    add((error) => (error ? reject(error) : resolve())).on("error", reject);
  });
}
