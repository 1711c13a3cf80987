// A real browser on a page of ours, cut off from every network.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { tempFolder } from "./temp.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The browser named by OCT_CHROMIUM, else the first in PATH; a clear error where there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string {
  const named = env.OCT_CHROMIUM;
  if (named !== undefined && named !== "") {
    const found = Bun.which(named, { PATH: env.PATH ?? "" });
    if (found === null) throw new Error(`OCT_CHROMIUM names ${named}, which can not be run`);
    return found;
  }
  for (const name of NAMES) {
    const found = Bun.which(name, { PATH: env.PATH ?? "" });
    if (found !== null) return found;
  }
  throw new Error(
    'no Chromium in PATH: install the package "chromium", or name one in OCT_CHROMIUM',
  );
}

/** Chromium without a window; a clear error where it is not installed. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: findChromium(process.env),
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

export interface PageChoice {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
  readonly hasJavaScript?: boolean;
}

/** An open page, with everything that it said or asked for on the way. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught exceptions, dialogs. */
  readonly complaints: readonly string[];
  /** Everything it asked for besides itself, or besides its own server. */
  readonly requests: readonly string[];
}

/** Opens `html` as a person does who was sent it: from a file. */
export async function openHtml(
  browser: Browser,
  html: string,
  choice: PageChoice = {},
): Promise<OpenPage> {
  const folder = tempFolder();
  const file = path.join(folder.path, "results.html");
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  return await open(browser, {
    url,
    choice,
    isOwn: (asked) => asked === url,
    onClose: () => folder[Symbol.dispose](),
  });
}

/** Opens a page of a server of ours; what it asks of that server is its own. */
export async function openAddress(
  browser: Browser,
  url: string,
  choice: PageChoice = {},
): Promise<OpenPage> {
  const { origin } = new URL(url);
  return await open(browser, {
    url,
    choice,
    isOwn: (asked) => asked.startsWith(`${origin}/`) || asked.startsWith("data:"),
    onClose: () => {},
  });
}

async function open(
  browser: Browser,
  parts: {
    readonly url: string;
    readonly choice: PageChoice;
    readonly isOwn: (url: string) => boolean;
    readonly onClose: () => void;
  },
): Promise<OpenPage> {
  const { url, choice, isOwn } = parts;
  const context = await browser.newContext({
    viewport: { width: choice.width ?? 1440, height: 900 },
    colorScheme: choice.colorScheme ?? "light",
    javaScriptEnabled: choice.hasJavaScript ?? true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!isOwn(request.url())) requests.push(request.url());
  });
  await page.goto(url);
  return {
    page,
    complaints,
    requests,
    async [Symbol.asyncDispose]() {
      await context.close();
      parts.onClose();
    },
  };
}
