import { defineConfig } from "@playwright/test";

// Not tests: the pictures of the documentation, made from the running program.
export default defineConfig({
    testDir: "screenshots",
    outputDir: ".cache/screenshots",
    workers: 1,
    timeout: 180_000,
    use: { actionTimeout: 10_000 },
    reporter: [["list"]],
});
