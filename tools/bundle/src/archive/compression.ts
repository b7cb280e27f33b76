// How the archive is compressed: by xz where the system has it, else by the gzip of Node.
import { spawn, spawnSync } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UsageError } from "@tandem/core";

export interface Compression {
  /** Of the archive's name. */
  readonly suffix: ".tar.xz" | ".tar.gz";
  /** A line for the user, where it is not what it should be. */
  readonly warning?: string;
  /** Resolves when all of `source` is written; rejects, with neither stream left open, where anything fails. */
  compress(source: Readable, destination: Writable): Promise<void>;
}

/** Of xz: from 0, which is fast, to 9. The default packs Node and Dawn to under a third. */
export const DEFAULT_PRESET = 6;

/**
 * What the name of the archive asks for, or the best there is. Throws UsageError for a name that asks for something else, and where
 * xz is asked for and missing.
 */
export function chooseCompression(out: string | undefined, preset: number, xz = "xz"): Compression {
  const hasXz = spawnSync(xz, ["--version"]).status === 0;
  if (out?.endsWith(".tar.gz")) return gzip;
  if (out?.endsWith(".tar.xz") && !hasXz) {
    throw new UsageError(`${out} asks for xz, which is not installed`, {
      hint: "apt install xz-utils, or a name that ends in .tar.gz",
    });
  }
  if (out !== undefined && !out.endsWith(".tar.xz")) {
    throw new UsageError(`"${out}" is no name for the archive`, { hint: "let it end in .tar.xz or .tar.gz" });
  }
  if (hasXz) return { suffix: ".tar.xz", compress: throughProgram(xz, xzArguments(preset)) };
  return { ...gzip, warning: "xz is not installed: packed with gzip, which takes a third more (apt install xz-utils)" };
}

const gzip: Compression = {
  suffix: ".tar.gz",
  compress: (source, destination) => pipeline(source, createGzip({ level: 9 }), destination),
};

/** Most of the archive is code for x86-64, whose jumps compress better when the filter has made them absolute. */
function xzArguments(preset: number): readonly string[] {
  return ["--threads=0", "--x86", `--lzma2=preset=${preset}`, "--stdout"];
}

/** Exported for its test. By a program that reads its standard input and writes its standard output. */
export function throughProgram(command: string, words: readonly string[]): Compression["compress"] {
  return async (source, destination) => {
    const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
    const started = new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve).once("error", reject);
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with code ${code}`))));
    });
    const written = pipeline(child.stdout, destination);
    const read = pipeline(source, child.stdin);
    // One failure brings others about: a cause stands before its consequences.
    const results = await Promise.allSettled([started, written, ended, read]);
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  };
}
