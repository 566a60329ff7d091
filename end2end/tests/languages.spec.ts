// Eight languages: by what the browser asks for, by choice, in a call without losing it, and after the server has become a newer one.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { launch, newPage } from "../fixtures/browser.ts";
import { createRoom, startServer } from "../fixtures/server.ts";
import { expect, expectAccessible, test } from "../fixtures/test.ts";

const LANGUAGES = ["en", "fr", "de", "es", "pt", "ar", "ja", "zh"];

test("every page speaks what the browser asks for, fits, and is clean for axe", async ({ server, plainBrowser }) => {
    const link = await createRoom(server);
    const headings = new Set<string>();
    for (const locale of LANGUAGES) {
        const context = await plainBrowser.newContext({ locale });
        const page = await context.newPage();
        for (const path of ["/", "/new", "/rooms", "/connection-test", link, "/nowhere"]) {
            await page.goto(new URL(path, server.url).href);
            await expect(page.locator("html")).toHaveAttribute("lang", locale);
            await expect(page.locator("html")).toHaveAttribute("dir", locale === "ar" ? "rtl" : "ltr");
            for (const width of [320, 1280]) {
                await page.setViewportSize({ width, height: 800 });
                const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                expect(tooWide, `${locale} ${path} at ${width}`).toBeLessThanOrEqual(0);
            }
            // What is said in English is said in English alone.
            if (locale !== "en") await expect(page.locator("main")).not.toContainText(/\b(the|your|you|of|and)\b/i);
        }
        await page.goto(server.url);
        headings.add(await page.getByRole("heading", { level: 1 }).innerText());
        if (locale === "ar" || locale === "de") await expectAccessible(page);
        await context.close();
    }
    expect(headings.size).toBe(LANGUAGES.length);
});

/** A text of a language, as its file has it. */
function text(language: string, section: string, key: string): string {
    const file = readFileSync(resolve(import.meta.dirname, `../../languages/${language}.toml`), "utf8");
    const part = file.split(`\n[${section}]\n`)[1]!.split(/\n\[/)[0]!;
    return new RegExp(`^${key} = "(.*)"$`, "m").exec(part)![1]!;
}

for (const language of ["de", "ar"]) {
    test(`from the landing page to leaving, in ${language}`, async ({ server, plainPage }) => {
        const page = await plainPage({ context: { locale: language } });
        const say = (section: string, key: string) => ({ name: text(language, section, key), exact: true });
        const press = (section: string, key: string) => page.getByRole("button", say(section, key)).click();
        const expectNoEnglish = async () => {
            await expect(page.locator("main")).not.toContainText(/\b(the|your|you|of|and)\b/i);
            await expectAccessible(page);
        };
        await page.goto(server.url);
        await expectNoEnglish();
        await press("plain", "new_room");
        await page.getByRole("textbox", say("joining", "your_name")).fill("Zoë");
        await expectNoEnglish();
        await press("joining", "join_now");
        const bar = page.getByRole("toolbar", say("call", "controls"));
        await expect(bar.getByRole("button", say("call", "leave"))).toBeVisible();
        await expectNoEnglish();
        await expect(page.getByRole("timer", say("call", "elapsed_time"))).toHaveText(/^\d+:\d\d$/);

        await bar.getByRole("button", say("call", "chat")).click();
        await page.getByRole("textbox", say("chat", "message")).fill("1 2 3");
        await page.keyboard.press("Enter");
        await expect(page.locator(".chat-text")).toHaveText("1 2 3");
        await expectNoEnglish();
        await bar.getByRole("button", say("call", "people")).click();
        await expectNoEnglish();
        for (const [entry, panel] of [
            ["call.invite_people", "invite.heading"],
            ["connection.details", "connection.details"],
            ["key.safety_phrase", "key.safety_phrase"],
            ["devices.heading", "devices.heading"],
            ["settings.heading", "settings.heading"],
            ["shortcuts.heading", "shortcuts.heading"],
            ["call.room_settings", "room.heading"],
        ] as const) {
            const [[section, key], [panelSection, panelKey]] = [entry.split("."), panel.split(".")] as [[string, string], [string, string]];
            await bar.getByRole("button", say("call", "more")).click();
            await expectAccessible(page);
            await page.getByRole("menuitem", say(section, key)).click();
            await expect(page.getByRole("complementary", say(panelSection, panelKey))).toBeVisible();
            // The words of the safety phrase are English ones.
            if (key !== "safety_phrase") await expectNoEnglish();
        }
        await page.keyboard.press("Escape");
        for (const [section, key] of [
            ["devices", "microphone_options"],
            ["devices", "camera_options"],
            ["call", "react"],
            ["call", "layout"],
            ["call", "leave_options"],
        ] as const) {
            await bar.getByRole("button", say(section, key)).click();
            await expectNoEnglish();
        }
        await page.keyboard.press("Escape");
        await bar.getByRole("button", say("call", "leave")).click();
        await expect(page.getByRole("heading", say("joining", "left"))).toBeVisible();
        await expectNoEnglish();
    });
}

test("a choice is remembered without a script, and one that does not exist changes nothing", async ({ server, plainBrowser }) => {
    const context = await plainBrowser.newContext({ locale: "de", javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(new URL("/rooms", server.url).href);
    await page.getByRole("combobox", { name: "Sprache" }).selectOption("ja");
    await page.locator(".language-form button").click();
    await expect(page).toHaveURL(/\/rooms$/);
    await expect(page.locator("html")).toHaveAttribute("lang", "ja");
    await page.goto(server.url);
    await expect(page.locator("html")).toHaveAttribute("lang", "ja");
    // The key of a room that cannot be entered now is needed when it can be.
    await page.goto(new URL("/r/kfm-pqxz-wtr#key=AAAAAAAAAAAAAAAAAAAAAA", server.url).href);
    await page.getByRole("combobox").selectOption("fr");
    await page.locator(".language-form button").click();
    await expect(page.locator("html")).toHaveAttribute("lang", "fr");
    await expect(page).toHaveURL(/\/r\/kfm-pqxz-wtr#key=AAAAAAAAAAAAAAAAAAAAAA$/);
    await context.addCookies([{ name: "language", value: "klingon", url: server.url }]);
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await context.close();
});

test("in a call the language changes at once, there and back, and nothing else does", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const ben = await somebody("Ben", link);
    await ada.join();
    await ben.join();
    await ada.expectToSee(ben);
    await ada.openPanel("Chat");
    await ada.page.getByRole("textbox", { name: "Message" }).fill("half a sen");
    const picture = ada.tile("Ben").locator("video[data-source=camera]");
    await picture.evaluate((video) => Object.assign(video, { isTheSame: true }));
    const connections = () => ada.page.evaluate(() => (window as unknown as { connections: RTCPeerConnection[] }).connections.map((one) => one.connectionState));
    const connected = await connections();
    const width = ada.page.viewportSize()!.width;
    /** Where things are, from the edge at which lines begin. */
    const places = async (isMirrored: boolean) =>
        ada.page.evaluate(
            ({ selectors, width, isMirrored }) =>
                selectors.map((selector) => {
                    const { left, right } = document.querySelector(selector)!.getBoundingClientRect();
                    return Math.round(isMirrored ? width - right : left);
                }),
            { selectors: [".panel", ".stage", ".call-header .room", ".call-header .ends"], width, isMirrored },
        );
    const before = await places(false);

    await ada.openMore();
    const choice = ada.page.getByRole("combobox", { name: "Language" });
    await choice.selectOption("ar");
    await expect(ada.page.locator("html")).toHaveAttribute("dir", "rtl");
    await expect(ada.button("Leave")).toHaveCount(0);
    await expect(ada.page.getByRole("toolbar")).not.toContainText(/[a-z]{3}/i);
    await ada.expectToMove("Ben");
    await expectAccessible(ada.page);
    const mirrored = await places(true);
    // The name of the room is as long as its words; all else lies where it lay, seen from the other side.
    for (const [place, at] of before.entries()) expect(Math.abs(mirrored[place]! - at), `${before} and ${mirrored}`).toBeLessThan(3);

    // One that does not come leaves what there is, and says so.
    await ada.page.route("**/languages/de.json", (route) => route.abort());
    await ada.page.locator(".popover select[name=language]").selectOption("de");
    await expect(ada.page.locator(".popover [role=alert]")).toBeVisible();
    await expect(ada.page.locator("html")).toHaveAttribute("lang", "ar");
    await expect(ada.page.locator(".popover select[name=language]")).toHaveValue("ar");
    // Nor does what is of another version.
    await ada.page.unroute("**/languages/de.json");
    await ada.page.route("**/languages/fr.json", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ body: (await answer.text()).replace(/"keys":"."/, '"keys":"x"').replace(/"keys":"[^"]*"/, '"keys":"0"') });
    });
    await ada.page.locator(".popover select[name=language]").selectOption("fr");
    await expect(ada.page.locator("html")).toHaveAttribute("lang", "ar");

    await ada.page.locator(".popover select[name=language]").selectOption("en");
    await expect(ada.button("Leave")).toBeVisible();
    await expect(ada.page.locator("html")).toHaveAttribute("dir", "ltr");
    await ada.openPanel("Chat");
    await expect(ada.page.getByRole("textbox", { name: "Message" })).toHaveValue("half a sen");
    await ada.expectToSee(ben);
    // The page is the same, and so are the connection and the element that shows the picture.
    expect(await picture.evaluate((video) => "isTheSame" in video)).toBe(true);
    expect(await connections()).toEqual(connected);
});

test("a page that was opened before an upgrade opens every panel and language after it", async () => {
    const site = mkdtempSync(join(tmpdir(), "veranda-site-"));
    cpSync(resolve(import.meta.dirname, "../../target/site"), site, { recursive: true });
    const server = await startServer({ VERANDA__SERVER__SITE: site });
    const browser = await launch();
    try {
        const link = await createRoom(server);
        const page = await newPage(browser, {});
        // The parts of a call are fetched ahead: whoever has a slow line gets them after the upgrade.
        await page.route("**/pkg/split_*", (route) => route.abort());
        await page.route("**/pkg/chunk_*", (route) => route.abort());
        await page.route("**/worker/*", (route) => route.abort());
        await page.goto(link);
        await expect(page.locator("html[data-hydrated]")).toBeAttached();
        const root = await page.locator("html").getAttribute("data-root");
        await expect.poll(async () => (await fetch(`${server.url}${root}/pkg/veranda.css`)).status).toBe(200);

        await server.kill();
        // Another build: every file of it is another one, or gone.
        rmSync(join(site, "pkg"), { recursive: true });
        cpSync(resolve(import.meta.dirname, "../../target/site/pkg"), join(site, "pkg"), { recursive: true });
        writeFileSync(join(site, "pkg/veranda.css"), "/* a newer build */");
        for (const name of ["split_call_screen", "split_connection_test", "split_safety_phrase"]) {
            rmSync(join(site, `pkg/${name}.wasm`));
        }
        await server.start();
        const newer = await (await fetch(link, { headers: { cookie: "" } })).text();
        expect(newer).not.toContain(root);

        await page.unroute("**/pkg/split_*");
        await page.unroute("**/pkg/chunk_*");
        await page.unroute("**/worker/*");
        await page.getByRole("combobox", { name: "Language" }).selectOption("de");
        await expect(page.locator("html")).toHaveAttribute("lang", "de");
        await page.getByRole("combobox", { name: "Sprache" }).selectOption("en");
        await page.getByRole("textbox", { name: "Your name" }).fill("Ada");
        await page.getByRole("button", { name: "Join now", exact: true }).click();
        // What was not to be had before the upgrade is asked for again.
        const again = page.getByRole("button", { name: "Try again" });
        const leave = page.getByRole("button", { name: "Leave", exact: true });
        await expect(again.or(leave).first()).toBeVisible();
        if (await again.isVisible()) await again.click();
        await expect(leave).toBeVisible();
        for (const panel of ["Chat", "People"]) {
            await page.getByRole("toolbar").getByRole("button", { name: panel, exact: true }).click();
            await expect(page.getByRole("complementary", { name: panel, exact: true })).toBeVisible();
        }
        for (const panel of ["Safety phrase", "Call details", "Devices", "Invite people"]) {
            await page.getByRole("toolbar").getByRole("button", { name: "More", exact: true }).click();
            await page.getByRole("menuitem", { name: panel, exact: true }).click();
            await expect(page.getByRole("complementary", { name: panel, exact: true })).toBeVisible();
        }
    } finally {
        await browser.close();
        await server.stop();
        rmSync(site, { recursive: true, force: true });
    }
});
