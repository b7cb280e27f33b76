// The list of an archive's files, which lies in the archive.
import { z } from "zod";

export const MANIFEST_FILE = "manifest.json";

export interface Manifest {
  /** By path in the archive: bytes, and SHA-256 in hexadecimal digits. */
  readonly files: Record<string, { readonly bytes: number; readonly hash: string }>;
}

export const manifestSchema: z.ZodType<Manifest> = z.object({
  files: z.record(z.string(), z.object({ bytes: z.number(), hash: z.string() })),
});
