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

    /** Somebody calls. */
    ring(name: string): Locator {
        return this.page.getByRole("alertdialog", { name: `${name} is calling`, exact: true });
    }

    /** The call, or how it ended. */
    async expectRing(ring: Ring): Promise<void> {
        await expect(this.page.locator("[data-ring]").first()).toHaveAttribute("data-ring", ring, { timeout: 40_000 });
    }
}
