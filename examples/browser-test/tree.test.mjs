// What `Tree::render_html` makes, as readers have it before them. scripts/ci/browser.sh makes the pages and runs this.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { focused, launch, lookAt, row, seen } from "./page.mjs";

const hostile = JSON.parse(await readFile(new URL("hostile.json", import.meta.url), "utf8"));

const ROOT = "Nora: The radiator in the kitchen";
const VALVE = "Sam: With the valve.";
const APP = "Iris: Is it perhaps switched off in the app?";
const SCREEN = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

const browser = await launch();
after(() => browser.close());

const conversation = (look, options) => lookAt(browser, "conversation.html", look, options);
const big = (look, options) => lookAt(browser, "big.html", look, options);
const startsWith = (text, start) => assert.ok(text?.startsWith(start), `${text} does not start with ${start}`);
const expanded = (page, text) => row(page, text).getAttribute("aria-expanded");

test("every message of the conversation is there, open, without an error of the script", () =>
  conversation(async (page) => {
    const texts = await seen(page);
    assert.equal(texts.length, 48);
    assert.equal(new Set(texts).size, 48 - 7, "the messages of the fork are there twice");
    startsWith(texts[0], ROOT);
    assert.match(await page.locator("#summary").textContent(), /^48 nodes, depth \d+$/);
    assert.equal(await page.title(), "The cold radiator");
  }));

test("a click folds a message, and another one opens it as it was", () =>
  conversation(async (page) => {
    const all = await seen(page);
    const below = Number(await row(page, VALVE).getAttribute("data-below"));
    const inner = "Sam: Then no water gets through.";
    await row(page, inner).click();
    const innerFolded = await seen(page);
    assert.ok(innerFolded.length < all.length);

    await row(page, VALVE).click();
    assert.equal(await expanded(page, VALVE), "false");
    assert.equal((await seen(page)).length, all.length - below);
    const tells = await row(page, VALVE).evaluate((row) => getComputedStyle(row, "::after").content);
    assert.match(tells, new RegExp(`\\+ .*${below}`), "a folded message tells how many are below it");

    await row(page, VALVE).click();
    assert.deepEqual(await seen(page), innerFolded, "what was folded within stays folded");
    await row(page, inner).click();
    assert.deepEqual(await seen(page), all);
  }));

test("a click on a message without answers folds nothing", () =>
  conversation(async (page) => {
    const all = await seen(page);
    await row(page, "Nora: Warm from top to bottom.").click();
    assert.deepEqual(await seen(page), all);
    startsWith(await focused(page), "Nora: Warm from top to bottom.");
  }));

test("text can be marked without folding", () =>
  conversation(async (page) => {
    const all = await seen(page);
    const text = await row(page, VALVE).locator(".text").boundingBox();
    await page.mouse.move(text.x + 5, text.y + text.height / 2);
    await page.mouse.down();
    await page.mouse.move(text.x + 120, text.y + text.height / 2, { steps: 4 });
    await page.mouse.up();
    assert.notEqual(await page.evaluate(() => String(getSelection())), "");
    assert.deepEqual(await seen(page), all);
  }));

test("buttons fold all and open all", () =>
  conversation(async (page) => {
    const all = await seen(page);
    await page.getByRole("button", { name: "Collapse all" }).click();
    assert.equal((await seen(page)).length, 1);
    await page.getByRole("button", { name: "Expand all" }).click();
    assert.deepEqual(await seen(page), all);
  }));

test("arrows go through the tree, fold and open", () =>
  conversation(async (page) => {
    const press = (key) => page.keyboard.press(key);
    await page.getByRole("button", { name: "Collapse all" }).focus();
    await press("Tab");
    startsWith(await focused(page), ROOT);
    await press("ArrowUp");
    startsWith(await focused(page), ROOT);
    await press("ArrowDown");
    startsWith(await focused(page), VALVE);
    await press("ArrowRight");
    startsWith(await focused(page), "Nora: It moves a millimetre");
    await press("ArrowRight");
    startsWith(await focused(page), "Sam: Then no water gets through.");
    await press("ArrowLeft");
    assert.equal(await expanded(page, "Sam: Then no water"), "false");
    await press("ArrowLeft");
    startsWith(await focused(page), "Nora: It moves a millimetre");
    await press("ArrowDown");
    await press("ArrowDown");
    startsWith(await focused(page), "Nora (edited): The pin does not move");
    await press("ArrowUp");
    await press("ArrowRight");
    assert.equal(await expanded(page, "Sam: Then no water"), "true");
    startsWith(await focused(page), "Sam: Then no water gets through.");
  }));

test("Home and End go to the first and the last message that can be seen, Enter and Space fold and open", () =>
  conversation(async (page) => {
    const press = (key) => page.keyboard.press(key);
    const all = await seen(page);
    await row(page, ROOT).focus();
    await press("End");
    assert.equal(await focused(page), all.at(-1));
    await press("Home");
    startsWith(await focused(page), ROOT);
    for (const key of ["Enter", "Space"]) {
      await press(key);
      assert.equal((await seen(page)).length, 1, key);
      await press("End");
      startsWith(await focused(page), ROOT);
      await press(key);
      assert.deepEqual(await seen(page), all, key);
    }
    assert.equal(await page.evaluate(() => scrollY), 0, "Space does not scroll");
  }));

test("* opens a message and those beside it", () =>
  conversation(async (page) => {
    const all = await seen(page);
    for (const text of [VALVE, APP]) await row(page, text).click();
    assert.ok((await seen(page)).length < all.length);
    await page.keyboard.press("*");
    assert.deepEqual(await seen(page), all);
  }));

test("the tree is one stop of the Tab key, wherever one is in it", () =>
  conversation(async (page) => {
    const stops = () => page.locator('[role="treeitem"][tabindex="0"]').count();
    assert.equal(await stops(), 1);
    await row(page, APP).click();
    assert.equal(await stops(), 1);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    startsWith(await focused(page), APP);
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), undefined);
    // Folded away, it is not where the key leads.
    await row(page, APP).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await row(page, ROOT).click();
    assert.equal((await seen(page)).length, 1);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    startsWith(await focused(page), ROOT);
  }));

test("keys with Ctrl, Alt or Meta are the browser's", () =>
  conversation(async (page) => {
    await row(page, VALVE).focus();
    for (const key of ["Control+End", "Alt+ArrowDown", "Meta+ArrowDown", "Control+Enter"]) await page.keyboard.press(key);
    startsWith(await focused(page), VALVE);
    assert.equal(await expanded(page, VALVE), "true");
  }));

test("assistive technology is told level, place and number of each message", () =>
  conversation(async (page) => {
    const wrong = await page.evaluate(() => {
      const rows = Array.from(document.querySelectorAll('[role="treeitem"]'));
      const number = (row, name) => Number(row.getAttribute(name));
      return rows.filter((row, at) => {
        const level = number(row, "aria-level");
        // Those of the same level up to the next of a lesser one are siblings.
        const isOther = (other) => number(other, "aria-level") < level;
        const before = rows.slice(0, at).reverse();
        const behind = rows.slice(at + 1);
        const until = (list) => list.slice(0, list.findIndex(isOther) < 0 ? list.length : list.findIndex(isOther));
        const siblings = (list) => until(list).filter((other) => number(other, "aria-level") === level).length;
        const place = siblings(before) + 1;
        const children = behind[0] !== undefined && number(behind[0], "aria-level") > level;
        return (
          number(row, "aria-posinset") !== place ||
          number(row, "aria-setsize") !== place + siblings(behind) ||
          row.hasAttribute("aria-expanded") !== children
        );
      }).length;
    });
    assert.equal(wrong, 0);
    assert.equal(await page.getByRole("tree", { name: "The cold radiator" }).count(), 1);
  }));

test("without its script the page can be read", () =>
  conversation(async (page) => assert.equal((await seen(page)).length, 48), { javaScriptEnabled: false }));

// The contrast of two colours, and what is enough of it for text: WCAG 2.2, 1.4.3.
const ENOUGH = 4.5;
const contrasts = (page) =>
  page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (color) => {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const parts = Array.from(canvas.getImageData(0, 0, 1, 1).data.slice(0, 3), (part) => part / 255);
      const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    const of = (name) => {
      const ink = light(getComputedStyle(document.querySelector(name)).color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    };
    return { paper, of: Object.fromEntries(["h1", "#summary", "button", ".text", ".deep"].map((name) => [name, of(name)])) };
  });

for (const colorScheme of ["light", "dark"]) {
  test(`its colours can be told apart, ${colorScheme}`, () =>
    big(
      async (page) => {
        const { paper, of } = await contrasts(page);
        assert.equal(colorScheme === "dark", paper < 0.2);
        for (const [name, contrast] of Object.entries(of)) assert.ok(contrast >= ENOUGH, `${name}: ${contrast}`);
      },
      { colorScheme },
    ));
}

for (const [name, viewport] of Object.entries({ screen: SCREEN, phone: PHONE })) {
  test(`5,000 messages can be read and scrolled on a ${name}`, () =>
    big(
      async (page) => {
        const texts = await seen(page);
        const numbers = texts.map((text) => Number(text.match(/^Message (\d+),/)[1]));
        assert.deepEqual(numbers.toSorted((a, b) => a - b), Array.from({ length: 5000 }, (_, number) => number));

        const shapes = await page.evaluate(() => ({
          beside: document.documentElement.scrollWidth - innerWidth,
          height: document.documentElement.scrollHeight,
          size: parseFloat(getComputedStyle(document.querySelector(".text")).fontSize),
        }));
        assert.ok(shapes.beside <= 0, "nothing has to be scrolled sideways");
        assert.ok(shapes.height > 5000 * 20, `${shapes.height} pixels are too few for 5,000 lines`);
        assert.ok(shapes.size >= 14, `${shapes.size}`);

        // What is looked at has its true size: no row lies over the next, and no text is squeezed to a column.
        const look = () =>
          page.evaluate(() => {
            const rows = Array.from(document.querySelectorAll('[role="treeitem"]'));
            // From where a row's text begins to the end of the row.
            const roomFor = (row) => row.getBoundingClientRect().right - row.querySelector(".text").getBoundingClientRect().left;
            const boxes = rows.map((row) => [row, row.getBoundingClientRect()]);
            const onScreen = boxes.filter(([, box]) => box.bottom > 0 && box.top < innerHeight);
            return {
              shown: onScreen.map(([row]) => row.dataset.id),
              over: onScreen.slice(1).filter(([, box], at) => box.top < onScreen[at][1].bottom - 0.5).length,
              squeezed: onScreen.filter(([row]) => roomFor(row) < innerWidth * 0.4).length,
            };
          });
        const places = [
          () => page.mouse.wheel(0, 3000),
          () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2)),
          () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight)),
        ];
        let last = await look();
        assert.ok(last.shown.includes("m0"));
        for (const scroll of places) {
          await scroll();
          await page.waitForFunction((id) => document.querySelector(`[data-id="${id}"]`).getBoundingClientRect().bottom <= 0, last.shown[0]);
          const now = await look();
          assert.ok(now.shown.length >= 5, `${now.shown}`);
          assert.deepEqual([now.over, now.squeezed], [0, 0], `${now.shown}`);
          last = now;
        }

        // The keyboard reaches both ends, and shows them.
        const ends = { End: texts.at(-1), Home: texts[0] };
        await page.locator('[data-id="m0"]').focus();
        for (const [key, text] of Object.entries(ends)) {
          await page.keyboard.press(key);
          assert.equal(await focused(page), text);
          const there = () => {
            const box = document.activeElement.getBoundingClientRect();
            return box.top >= 0 && box.bottom <= innerHeight;
          };
          await page.waitForFunction(there);
        }
      },
      { viewport },
    ));
}

test("5,000 messages fold and open", () =>
  big(async (page) => {
    await page.locator('[data-id="m0"]').click();
    assert.equal((await seen(page)).length, 1);
    await page.keyboard.press("ArrowRight");
    assert.equal((await seen(page)).length, 5000);
    await page.getByRole("button", { name: "Collapse all" }).click();
    await page.locator('[data-id="m0"]').click();
    assert.equal((await seen(page)).length, 1 + 1 + 8, "the root's answers, folded: the thread and eight more");
    await page.getByRole("button", { name: "Expand all" }).click();
    assert.equal((await seen(page)).length, 5000);
  }));

test("a message deeper than the page can indent tells its depth", () =>
  big(async (page) => {
    const deep = page.locator('[data-id="m199"]');
    assert.equal(await deep.locator(".deep").textContent(), "199");
    assert.equal(await deep.getAttribute("aria-level"), "200");
  }));

test("messages full of markup are text, and run nothing", () =>
  lookAt(browser, "hostile.html", async (page) => {
    const rows = await page.evaluate(() =>
      Array.from(document.querySelectorAll('[role="treeitem"]'), (row) => {
        const text = row.querySelector(".text");
        return { text: text.textContent, id: row.dataset.id, elements: text.childElementCount, seen: row.checkVisibility() };
      }),
    );
    assert.equal(rows.length, hostile.length);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const [number, text] of hostile.entries()) {
      assert.deepEqual(byId.get(`${number}${text}`), { text, id: `${number}${text}`, elements: 0, seen: true });
    }
    assert.equal(await page.locator("h1").textContent(), hostile.join(""));

    // The text that was copied from the page is the text, too: markup is shown, not only kept.
    const script = page.getByText(hostile[0], { exact: true });
    assert.ok(await script.isVisible());
    assert.equal(await script.innerText(), hostile[0]);

    // Whoever goes over everything, clicks it and opens it starts nothing either.
    for (const one of await page.getByRole("treeitem").all()) {
      await one.hover();
      await one.focus();
      await one.press("Enter");
      await one.press("Enter");
    }
    assert.equal(await page.evaluate(() => window.ran), undefined);
    const foreign = "script, img, svg, iframe, meta, base, a, style, textarea, template, noscript, plaintext";
    assert.equal(await page.locator(`body :is(${foreign})`).count(), 1, "the page's own script");
    assert.equal(await page.locator("head").evaluate((head) => head.querySelectorAll("script, iframe, base").length), 0);
    const on = await page.evaluate(() =>
      Array.from(document.querySelectorAll("*")).flatMap((element) => Array.from(element.attributes)).filter((attribute) => attribute.name.startsWith("on")).length,
    );
    assert.equal(on, 0);
    const beside = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(beside <= 0, "a long word is broken");
  }));
