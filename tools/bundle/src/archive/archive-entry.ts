// What an archive consists of, as plain data. Paths have slashes and begin at the archive's folder.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

export type ArchiveEntry = ArchiveFile | ArchiveText | ArchiveLink;

interface ArchiveFile {
  readonly kind: "file";
  readonly path: string;
  /** Where it lies now. */
  readonly from: string;
  readonly isExecutable: boolean;
}

interface ArchiveText {
  readonly kind: "text";
  readonly path: string;
  readonly text: string;
  readonly isExecutable: boolean;
}

interface ArchiveLink {
  readonly kind: "link";
  readonly path: string;
  /** From the folder of `path`. */
  readonly target: string;
}

export interface Fingerprint {
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly hash: string;
}

export async function fingerprintOf(entry: ArchiveFile | ArchiveText): Promise<Fingerprint> {
  const hash = createHash("sha256");
  if (entry.kind === "text") {
    return { bytes: Buffer.byteLength(entry.text), hash: hash.update(entry.text).digest("hex") };
  }
  const { size } = await stat(entry.from);
  await pipeline(createReadStream(entry.from), hash);
  return { bytes: size, hash: hash.digest("hex") };
}
