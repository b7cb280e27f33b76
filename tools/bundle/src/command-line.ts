// The options of `pnpm bundle`.
import { type CommandDescription, nonEmpty, wholeNumber } from "trainer";
import { z } from "zod";
import { DEFAULT_PRESET } from "./archive/compression.ts";

export interface BundleOptions {
  readonly out?: string | undefined;
  readonly withVulkan: boolean;
  readonly preset: number;
}

export const bundleCommand: CommandDescription<BundleOptions> = {
  usage: "pnpm bundle",
  about:
    "Packs all that a Linux x86-64 host with a GPU needs, and that has neither a network nor Node, into one archive.",
  flags: {
    out: {
      argument: "<file>",
      about: "name of the archive, .tar.xz or .tar.gz (default: runs/tandem-linux-x64.tar.xz)",
    },
    withVulkan: { argument: "", about: "this machine's Vulkan loader too, for hosts without libvulkan.so.1" },
    preset: { argument: "<digit>", about: `of xz: 0 is fast, 9 is small (default: ${DEFAULT_PRESET})` },
  },
  schema: z.object({
    out: nonEmpty("a file").optional(),
    withVulkan: z
      .boolean()
      .optional()
      .transform((isAsked) => isAsked ?? false),
    preset: wholeNumber(0, 9)
      .optional()
      .transform((preset) => preset ?? DEFAULT_PRESET),
  }),
  examples: ["pnpm bundle", "pnpm bundle --with-vulkan --out /tmp/tandem.tar.xz"],
  notes: [
    "On the host: tar xf tandem-linux-x64.tar.xz, and ./tandem doctor in its folder.",
    "Node is the one that runs this command, so it runs on Linux x86-64 only.",
  ],
};
