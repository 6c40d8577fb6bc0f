// A page of a tree in Chromium.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
import path from "node:path";

const named = (name, what) => {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} has to name ${what}: scripts/ci/browser.sh does`);
  return value;
};
const executablePath = named("CHROMIUM", "the browser's program");
const pages = path.resolve(named("TREE_PAGES", "the folder with the pages"));

// It runs as root in containers, where Chromium has no sandbox; it opens nothing but the pages that were made for it.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath, args: FLAGS });

// Opens a page, runs `look` on it, and fails if the page's script did, or anything but the page was asked for.
export async function lookAt(browser, name, look, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  try {
    const page = await context.newPage();
    const url = pathToFileURL(path.join(pages, name)).href;
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(`an error of the script: ${error}`));
    page.on("console", (message) => wrong.push(`on the console: ${message.text()}`));
    page.on("dialog", (dialog) => wrong.push(`a dialog: ${dialog.message()}`) && dialog.dismiss());
    page.on("crash", () => wrong.push("the page crashed"));
    page.on("popup", () => wrong.push("another window"));
    page.on("request", (request) => request.url() !== url && wrong.push(`a request for ${request.url()}`));
    await page.goto(url);
    await look(page);
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.join("; ")}`);
    if (page.url() !== url) throw new Error(`${name} went to ${page.url()}`);
  } finally {
    await context.close();
  }
}

// The rows of the tree as a reader finds them: those that can be seen, in their order.
export const seen = (page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll('[role="treeitem"]'))
      .filter((row) => row.checkVisibility() && row.getBoundingClientRect().height > 0)
      .map((row) => row.querySelector(".text").textContent),
  );

// The text of the row that has the keyboard, if one has it.
export const focused = (page) =>
  page.evaluate(() => (document.activeElement.matches('[role="treeitem"]') ? document.activeElement.querySelector(".text").textContent : undefined));

export const row = (page, text) => page.getByRole("treeitem", { name: text }).first();
