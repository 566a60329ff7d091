import { defineConfig } from "@playwright/test";

// Not tests: figures from real browsers, printed.
export default defineConfig({
    testDir: "bench",
    outputDir: ".cache/bench",
    workers: 1,
    timeout: 600_000,
    // A busy machine takes longer, and is no fault here.
    expect: { timeout: 30_000 },
    reporter: [["line"]],
});
