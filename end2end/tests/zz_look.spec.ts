import { test } from "@playwright/test";
import { launch, newPage } from "../fixtures/browser.ts";
import { startServer } from "../fixtures/server.ts";
import { DirectPage } from "../pages/direct.ts";
test("look", async () => {
    test.setTimeout(200000);
    const server = await startServer();
    const people: DirectPage[] = [];
    const browsers = [];
    for (const [i, name] of ["Ada Lovelace", "Bob Marsh"].entries()) {
        const browser = await launch({ camera: 10 + i }); browsers.push(browser);
        const page = await newPage(browser, { context: { viewport: i ? { width: 390, height: 844 } : { width: 1280, height: 800 }, colorScheme: "light" } });
        const one = new DirectPage(page, name, 10 + i);
        await one.open(`${server.url}/call`); await one.ownId(); await one.isCalled(name); people.push(one);
    }
    const [ada, bob] = people as [DirectPage, DirectPage];
    const shot = (one: DirectPage, name: string) => one.page.screenshot({ path: `/tmp/look/d-${name}.png` });
    await shot(ada, "dial");
    await ada.calls(await bob.ownId());
    await bob.ring("Ada Lovelace").waitFor();
    await ada.page.waitForTimeout(1500);
    await shot(ada, "calling"); await shot(bob, "incoming-phone");
    await bob.page.setViewportSize({ width: 1280, height: 800 }); await bob.page.waitForTimeout(300); await shot(bob, "incoming-desk");
    await bob.page.setViewportSize({ width: 844, height: 390 }); await bob.page.waitForTimeout(300); await shot(bob, "incoming-flat");
    await bob.page.setViewportSize({ width: 390, height: 844 });
    await bob.ring("Ada Lovelace").getByRole("button", { name: "Answer", exact: true }).click();
    await ada.expectToSee(bob); await ada.page.waitForTimeout(1500);
    await shot(ada, "talk"); await shot(bob, "talk-phone");
    await ada.button("Hang up").click(); await bob.page.getByText(/^Call ended/).waitFor();
    await shot(ada, "ended"); await shot(bob, "ended-phone");
    await bob.page.getByLabel("Language").selectOption("ar"); await bob.page.waitForTimeout(1500); await shot(bob, "ar-phone");
    await ada.page.getByRole("button", { name: "Call again" }).click();
    await bob.page.getByRole("alertdialog").waitFor(); await bob.page.waitForTimeout(500); await shot(bob, "ar-incoming");
    for (const b of browsers) await b.close(); await server.stop();
});
