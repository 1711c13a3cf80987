// What every page of ours is made of: the charts' library and the look. Report and live page put them
// into what they show, so neither loads anything from anywhere.

import uplotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import reportStyle from "../../assets/report/report.css" with { type: "text" };

/** Defines `uPlot`. */
export const CHART_SCRIPT: string = uplotScript;

/** Charts, colours of light and dark, cards, tables. */
export const PAGE_STYLE = `${uplotStyle}\n${reportStyle}`;
