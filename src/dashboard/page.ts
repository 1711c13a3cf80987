// The live page's own files. They hold nothing of any run: what is shown comes over the API.

import charts from "../../assets/dashboard/charts.js" with { type: "text" };
import style from "../../assets/dashboard/dashboard.css" with { type: "text" };
import page from "../../assets/dashboard/dashboard.html.txt" with { type: "text" };
import script from "../../assets/dashboard/dashboard.js" with { type: "text" };
import door from "../../assets/dashboard/door.html.txt" with { type: "text" };
import { CHART_SCRIPT, PAGE_STYLE } from "../page/parts.ts";

export const PAGE: string = page;

/** What is shown to whoever comes without the token. */
export const DOOR: string = door;

export const STYLE = `${PAGE_STYLE}\n${style}`;

export const SCRIPT = `${CHART_SCRIPT}\n${charts}\n${script}`;
