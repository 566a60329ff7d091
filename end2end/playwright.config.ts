import { defineConfig } from "@playwright/test";

// Real Chromium, one journey at a time: a call of four needs the machine for itself.
export default defineConfig({
    testDir: "tests",
    outputDir: ".cache/results",
    workers: 1,
    timeout: 240_000,
    expect: { timeout: 60_000 },
    forbidOnly: true,
    reporter: [["list"]],
});
