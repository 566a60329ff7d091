// The page of direct calls as a person sees it: their own ID, somebody else's, a ring that comes, and the call.

import { expect, type Locator } from "@playwright/test";
import { CallPage } from "./call.ts";

/** How a call is said to be. */
export type Ring =
    | "calling"
    | "ringing"
    | "answered"
    | "declined"
    | "busy"
    | "no-answer"
    | "cancelled"
    | "offline"
    | "answered-elsewhere"
    | "lost";

export class DirectPage extends CallPage {
    /** One's own ID, once the server has given it. */
    async ownId(): Promise<string> {
        const output = this.page.getByLabel("Your call ID", { exact: true }).and(this.page.locator("output"));
        await expect(output).toHaveText(/^\d{3}-\d{3}-\d{3}$/);
        return (await output.textContent())!;
    }

    async calls(whom: string): Promise<void> {
        await this.page.getByRole("textbox", { name: "Call ID", exact: true }).fill(whom);
        await this.button("Call").click();
    }

    async isCalled(name: string): Promise<void> {
        const field = this.page.getByRole("textbox", { name: "Your name", exact: true });
        await field.fill(name);
        await field.blur();
    }

    /** Rings somebody into the call, from the people panel. */
    async ringsInto(whom: string): Promise<void> {
        const panel = await this.openPanel("People");
        await panel.getByRole("textbox", { name: "Call ID or link", exact: true }).fill(whom);
        await panel.getByRole("button", { name: "Ring", exact: true }).click();
    }

    /** How far that is. */
    adding(): Locator {
        return this.panel("People").getByRole("region", { name: "Ring someone", exact: true }).getByRole("status");
    }

    /** Somebody calls. */
    ring(name: string): Locator {
        return this.page.getByRole("alertdialog", { name: `${name} is calling`, exact: true });
    }

    /** The call, or how it ended. */
    async expectRing(ring: Ring): Promise<void> {
        await expect(this.page.locator("[data-ring]").first()).toHaveAttribute("data-ring", ring, { timeout: 40_000 });
    }

    /** What stands in the history, newest first: who, and how it went, without the time of day. */
    async history(): Promise<string[]> {
        const rows = this.past();
        return rows.evaluateAll((all) =>
            all.map((row) => `${row.querySelector("strong")?.textContent}: ${row.querySelector(".how")?.textContent?.split(" · ")[0]}`),
        );
    }

    /** The calls of the history, or those with somebody. */
    past(name?: string): Locator {
        const rows = this.page.getByRole("list", { name: "Call history", exact: true }).locator("li:not(.day)");
        return name ? rows.filter({ hasText: name }) : rows;
    }

    /** Chooses something that can be done about the newest call with somebody. */
    async choosesFor(name: string, choice: string): Promise<void> {
        const row = this.past(name).first();
        await row.locator("summary").click();
        await row.getByRole("button", { name: choice, exact: true }).click();
    }

    /** A choice of who may call, or when. */
    rule(name: string): Locator {
        return this.page.getByRole("combobox", { name, exact: true });
    }

    /** Takes the identity of somebody else's browser, by a file. */
    async becomes(other: DirectPage): Promise<void> {
        const passphrase = "correct horse battery";
        await other.page.getByText("Other devices and a new ID").click();
        await other.page.getByLabel("New passphrase (10 characters or more)").fill(passphrase);
        const [download] = await Promise.all([other.page.waitForEvent("download"), other.button("Save file").click()]);
        await this.page.getByText("Other devices and a new ID").click();
        await this.page.getByLabel("Saved file").setInputFiles(await download.path());
        await this.page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
        await this.button("Use this file").click();
        await expect(this.page.locator("output.my-id")).toHaveText(await other.ownId());
    }
}
