// The longest names, texts and links, on the narrowest screens: nothing is wider than the page.

import type { Page } from "@playwright/test";
import { createRoomWith } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";
import { visit } from "../pages/call.ts";

const WIDE = "W".repeat(64);
const ARABIC = "محمد".repeat(16);
const STACKED = `e${"\u0301".repeat(63)}`;
const ROOM = "W".repeat(80);
const LINK = `https://example.org/${"path".repeat(100)}`;

/** Fails when something reaches beyond the page and is not cut off, or scrolls sideways. */
async function expectFits(page: Page, where: string): Promise<void> {
    const beyond = () =>
        page.evaluate(() => {
            const found: string[] = [];
            const name = (element: Element) => `${element.tagName.toLowerCase()}.${element.className} (${Math.round(element.getBoundingClientRect().right)} px)`;
            if (document.documentElement.scrollWidth > innerWidth) found.push(`page (${document.documentElement.scrollWidth} px)`);
            for (const element of document.querySelectorAll("body *")) {
                if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("svg, .visually-hidden, option")) continue;
                const style = getComputedStyle(element);
                const scrolls = ["auto", "scroll"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
                // Lines of code have to be read as they are.
                if (scrolls && !element.matches("textarea, pre")) found.push(`scrolls: ${name(element)}`);
                const { right, left, width } = element.getBoundingClientRect();
                if (width === 0 || (right <= innerWidth + 1 && left >= -1)) continue;
                let clip = element.parentElement;
                while (clip && getComputedStyle(clip).overflowX === "visible") clip = clip.parentElement;
                if (!clip || clip === document.body || clip === document.documentElement) found.push(name(element));
            }
            return found.slice(0, 5);
        });
    await expect.poll(beyond, { message: where, timeout: 5_000 }).toEqual([]);
}

for (const width of [320, 360]) {
    test(`nothing is wider than a page of ${width} pixels`, async ({ server, somebody, plainPage }) => {
        test.setTimeout(180_000);
        const room = await createRoomWith(server, { name: ROOM, waiting_room: "on" });
        const phone = { context: { viewport: { width, height: 640 } } };
        const plain = await plainPage(phone);
        for (const path of ["/", "/new", "/rooms", "/connection-test", "/nowhere", "/api/docs"]) {
            await plain.goto(server.url + path);
            await expectFits(plain, path);
        }
        const ada = await somebody(WIDE, room.hostLink, phone);
        await expectFits(ada.page, "before joining");
        await ada.join();
        await expectFits(ada.page, "alone");
        const others = [await somebody(ARABIC, room.link, phone), await somebody(STACKED, room.link, phone)];
        for (const other of others) {
            await other.page.getByRole("textbox", { name: "Your name" }).fill(other.name);
            await other.button("Ask to join").click();
            await expect(other.page.getByRole("button", { name: "Stop waiting" })).toBeVisible();
            await expectFits(other.page, "waiting");
        }
        await expectFits(ada.page, "somebody knocks");
        const people = await ada.openPanel("People");
        await expectFits(ada.page, "the waiting room");
        await people.getByRole("button", { name: "Admit all" }).click();
        for (const other of others) await expect(other.button("Leave")).toBeVisible();
        await others[0]!.toolbarButton("People").click();
        await expectFits(others[0]!.page, "the people");
        await expect(ada.page.getByRole("article")).toHaveCount(3);
        await expectFits(ada.page, "the people, as their host");
        await people.getByRole("button", { name: "Close" }).click();
        await expectFits(ada.page, "the tiles");

        for (const text of [WIDE.repeat(10), LINK, STACKED]) await ada.write(text);
        await expect(ada.chat()).toHaveCount(3);
        await ada.page.getByRole("combobox", { name: "To" }).selectOption({ index: 1 });
        await ada.write("for one");
        await expectFits(ada.page, "the chat");
        await ada.panel("Chat").getByRole("button", { name: "Close" }).click();
        for (const name of ["Devices", "Call details", "Invite people", "Room settings"]) {
            await ada.choose(name);
            await expectFits(ada.page, name);
            await ada.panel(name).getByRole("button", { name: "Close" }).click();
        }
        await ada.leave();
        await expectFits(ada.page, "after leaving");
        await visit(ada.page, `${server.url}/rooms`);
        await expect(ada.page.getByRole("link", { name: ROOM, exact: true })).toBeVisible();
        await expectFits(ada.page, "my rooms");
    });
}

test("on a phone held sideways the chat leaves room for messages", async ({ newRoom, somebody }) => {
    const ada = await somebody("Ada", await newRoom(), { context: { viewport: { width: 740, height: 360 } } });
    await ada.join();
    for (const text of ["one", "two", "three\n".repeat(20)]) await ada.write(text);
    for (const width of [740, 800, 568]) {
        await ada.page.setViewportSize({ width, height: width === 568 ? 320 : 360 });
        const height = await ada.page.getByRole("log").evaluate((log) => log.clientHeight);
        expect(height, `${width} px wide`).toBeGreaterThanOrEqual(120);
        await expectFits(ada.page, `${width} px wide`);
    }
});
