// One project for each package, app, tool and test folder. The source condition lets tests read the packages' TypeScript.
// `--mode long` runs the files named *.long.test.ts and nothing else.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { softwareVulkanDrivers } from "./tools/launch/software-vulkan.mjs";

// Tests of WebGPU compare bits and tolerances, so they run on the same software drivers everywhere, unless the user names others.
// Vulkan's loader reads the variable in this process's children.
const drivers = softwareVulkanDrivers();
if (drivers.length > 0) process.env.VK_DRIVER_FILES ??= drivers.join(delimiter);
// Tests compile thousands of shaders and run most of them once: Mesa's optimiser would take longer than it saves.
process.env.GALLIVM_PERF ??= "nopt";

const conditions = ["@tandem/source", ...defaultServerConditions];

const folders = ["packages", "apps", "tools", "test"].flatMap((group) =>
  readdirSync(join(import.meta.dirname, group))
    .map((name) => join(group, name))
    .filter((folder) => existsSync(join(import.meta.dirname, folder, "package.json"))),
);

export default defineConfig(({ mode }) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: folders.map((root) => ({
      extends: true as const,
      root: join(import.meta.dirname, root),
      test: {
        name: root,
        include: [mode === "long" ? "**/*.long.test.ts" : "**/*.test.ts"],
        // Far above what any test takes: a busy machine must not decide a result.
        testTimeout: mode === "long" ? 3_600_000 : 120_000,
        hookTimeout: 120_000,
        exclude: ["**/node_modules/**", "**/dist/**", ...(mode === "long" ? [] : ["**/*.long.test.ts"])],
      },
    })),
  },
}));
