// What is shown where, as people change it: oneself over one other, pins, the speaker view, and what a layout means for what is received.

import { expect, expectAccessible, test } from "../fixtures/test.ts";

test("oneself floats over one other, and goes from corner to corner by keyboard and mouse", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    await ada.join();
    await bob.join();
    await ada.expectToSee(bob);
    const stage = ada.page.locator("#stage");
    await expect(ada.screen()).toHaveAttribute("data-layout", "pair");
    const own = ada.tile("Ada");
    const at = async () => {
        const [tile, around] = [await own.boundingBox(), await stage.boundingBox()];
        if (tile === null || around === null) return "nowhere";
        const middle = (from: number, length: number, start: number, whole: number) => from + length / 2 - start > whole / 2;
        const right = middle(tile.x, tile.width, around.x, around.width) ? "right" : "left";
        return `${middle(tile.y, tile.height, around.y, around.height) ? "bottom" : "top"} ${right}`;
    };
    await expect.poll(at).toBe("bottom right");

    await own.focus();
    await ada.page.keyboard.press("ArrowUp");
    await expect.poll(at).toBe("top right");
    await ada.page.keyboard.press("ArrowLeft");
    await expect.poll(at).toBe("top left");

    await own.hover();
    await ada.page.mouse.down();
    await ada.page.mouse.move(700, 450, { steps: 5 });
    await ada.page.mouse.up();
    await expect.poll(at).toBe("bottom right");
    await ada.expectToSee(bob);

    // A phone's system takes a finger away in the middle: nothing stays half way.
    const offset = () => own.evaluate((element) => (element as HTMLElement).style.translate);
    await own.dispatchEvent("pointerdown", { button: 0, clientX: 700, clientY: 450 });
    await own.dispatchEvent("pointermove", { clientX: 300, clientY: 100 });
    expect(await offset()).toBe("-400px -350px");
    await own.dispatchEvent("pointercancel", {});
    expect(await offset()).toBe("");
    await expect.poll(at).toBe("bottom right");

    await ada.button("Layout").click();
    await expectAccessible(ada.page);
    await ada.button("Hide self view").click();
    await expect(own).toBeHidden();
    await ada.button("Show self view").click();
    await expect(own).toBeVisible();
});

test("whoever is pinned stays large, and goes back when they are unpinned", async ({ newRoom, somebody }) => {
    const link = await newRoom();
    const ada = await somebody("Ada", link);
    const bob = await somebody("Bob", link);
    const cleo = await somebody("Cleo", link, { devices: "blocked" });
    for (const call of [ada, bob, cleo]) await call.join();
    await ada.expectToSee(bob);
    const stage = ada.page.locator("#stage");
    await expect(ada.screen()).toHaveAttribute("data-layout", "grid");
    await expect(stage.getByRole("article")).toHaveCount(3);
    const role = (name: string) => ada.tile(name).getAttribute("data-role");

    await ada.tile("Cleo").hover();
    await ada.button("Pin Cleo").click();
    await expect(ada.screen()).toHaveAttribute("data-layout", "stage");
    expect(await role("Cleo")).toBe("main");
    expect(await role("Bob")).toBe("strip");
    await ada.expectToSee(bob);
    await expectAccessible(ada.page);

    await ada.button("Layout").click();
    await ada.page.getByRole("radio", { name: "Speaker", exact: true }).check();
    expect(await role("Cleo")).toBe("main");
    await ada.button("Unpin Cleo").click();
    await expect.poll(() => role("Bob"), "Bob speaks, and Cleo has no microphone").toBe("main");
    await ada.button("Layout").click();
    await ada.page.getByRole("radio", { name: "Grid", exact: true }).check();
    await expect(ada.screen()).toHaveAttribute("data-layout", "grid");
    await ada.expectToSee(bob);
});
