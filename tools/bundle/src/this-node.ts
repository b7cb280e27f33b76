// The Node that this process is, as plain data.
import { z } from "zod";
import type { ThisNode } from "./contents/node-binary.ts";

const reportSchema = z.object({ sharedObjects: z.array(z.string()) });

export function thisNode(): ThisNode {
  const report = process.report?.getReport();
  const { sharedObjects } = reportSchema.parse(typeof report === "string" ? JSON.parse(report) : report);
  return {
    platform: process.platform,
    architecture: process.arch,
    binary: process.execPath,
    // What packages load comes with them.
    sharedObjects: sharedObjects.filter((path) => !path.includes("node_modules")),
  };
}
