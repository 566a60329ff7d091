import { defineConfig } from "@playwright/test";

/** Journeys whose pictures many send at once, or that look at how long something stands still: one of them at a time. */
const BUSY = ["call", "cluster", "direct", "direct_beforehand", "direct_reload", "encryption", "recording_kill", "sfu", "shard_restart", "share", "stage", "survival", "together"];
const busy = BUSY.map((name) => `**/${name}.spec.ts`);

// Real browsers, two journeys at a time: most of one is waiting. No two busy ones, because a call of five wants the machine; they go first.
export default defineConfig({
    testDir: "tests",
    outputDir: ".cache/results",
    workers: 2,
    projects: [
        { name: "busy", testMatch: busy, workers: 1 },
        { name: "others", testIgnore: busy, workers: 2 },
    ],
    timeout: 240_000,
    expect: { timeout: 60_000 },
    forbidOnly: true,
    reporter: [["list"]],
});
