import { defineConfig } from "@playwright/test";

// Calls over lines that lose packets or are narrow. scripts/weak-line makes the lines.
export default defineConfig({
    testDir: "network",
    outputDir: ".cache/network",
    workers: 1,
    timeout: 600_000,
    expect: { timeout: 60_000 },
    reporter: [["list"]],
});
