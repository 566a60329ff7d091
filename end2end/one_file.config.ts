import { defineConfig } from "@playwright/test";

// The program with the page inside, alone in a file system of its own. scripts/test-one-file makes it.
export default defineConfig({
    testDir: "one_file",
    outputDir: ".cache/one_file",
    workers: 1,
    timeout: 240_000,
    expect: { timeout: 60_000 },
    forbidOnly: true,
    reporter: [["list"]],
});
