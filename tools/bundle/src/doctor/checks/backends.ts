// Whether each backend computes, tried in a process each.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Finding } from "../finding.ts";
import type { ComputationResult } from "./computation.ts";

const LONGEST_MILLISECONDS = 120_000;

/** The same from `src` and from `dist`. */
const entry = fileURLToPath(new URL("../../../dist/doctor/computation-process.js", import.meta.url));

const resultSchema: z.ZodType<ComputationResult> = z.object({ device: z.string(), problem: z.string().optional() });

export async function checkBackend(backend: string, canBeAbsent: boolean, program: string = entry): Promise<Finding> {
  const subject = `computing on ${backend}`;
  const { device, problem } = await tryIn(backend, program);
  if (problem === undefined) return { state: "fine", subject, text: device };
  return { state: canBeAbsent ? "absent" : "wrong", subject, text: problem };
}

function tryIn(backend: string, program: string): Promise<ComputationResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, backend], { timeout: LONGEST_MILLISECONDS }, (error, stdout, stderr) => {
      const result = resultSchema.safeParse(parseJson(stdout.trim().split("\n").at(-1) ?? ""));
      if (result.success) return resolve(result.data);
      const end =
        error?.killed === true
          ? `no answer within ${LONGEST_MILLISECONDS / 1000} s`
          : `${error?.signal ?? error?.message}`;
      resolve({ device: backend, problem: [`its process ended: ${end}`, stderr.trim()].filter(Boolean).join("\n") });
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
