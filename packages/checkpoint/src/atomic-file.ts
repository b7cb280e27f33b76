// Files that are either there whole or not at all.
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { CheckpointError } from "./errors.ts";

/**
 * Writes `chunks`, one after the other, as the new content of `path`: to a temporary file beside it, which is flushed to the disk
 * and then renamed. Whatever happens on the way, `path` holds its old content or the new one.
 *
 * @throws CheckpointError where the system refuses; what had been written of the new content is removed.
 */
export async function replaceFile(path: string, chunks: Iterable<Uint8Array | string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeThrough(temporary, chunks);
    await rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** The CheckpointError for a failed write to `path`. */
export function writeError(path: string, cause: unknown): CheckpointError {
  const code = errorCode(cause);
  const reason = WRITE_FAILURES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new CheckpointError(`could not write ${path}: ${reason}`, {
    cause,
    hint:
      code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
        ? "free some space, or choose another folder with --out; the file that was there before is untouched"
        : "choose a folder that can be written, with --out",
  });
}

/** The system's code of a failed call, such as ENOENT; empty where there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

const WRITE_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is larger than the system allows",
  EROFS: "the disk is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "the folder does not exist",
  ENOTDIR: "part of the path is a file, not a folder",
};

async function writeThrough(path: string, chunks: Iterable<Uint8Array | string>): Promise<void> {
  await withFile(path, "w", async (file) => {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  });
}

/** Makes the rename itself last; some systems cannot flush a folder and need not. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await withFile(folder, "r", (handle) => handle.sync());
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
