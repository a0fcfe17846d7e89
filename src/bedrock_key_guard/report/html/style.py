"""Hold the style of the incident report: one quiet column, in light, in dark, and on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c1d20; --soft: #5c6068; --line: #dfe1e5; --tint: #f5f6f7;
  --bar: #3f5f8a; --fail: #b3261e; --exposed: #f9e3e0; --live: #a3211a; --warn: #8a5300;
  --calm: #1c6b3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16171a; --ink: #e6e7ea; --soft: #a0a4ad; --line: #33363c; --tint: #1f2125;
    --bar: #86a9d8; --fail: #f0857c; --exposed: #3b2220; --live: #f58b82; --warn: #e3ae62;
    --calm: #7cc797;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 54rem; padding: 3rem 1.5rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
header p, footer p, figcaption, .soft { color: var(--soft); }
header p { margin: 0; }
h1 { margin: .1rem 0 .4rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0; font-size: 1.35rem; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 2.2rem 0 .6rem; font-size: 1rem; line-height: 1.4; }
h4 { margin: 1.4rem 0 .3rem; font-size: .875rem; font-weight: 600; }
p, ul, ol { margin: .4rem 0; }
ul, ol { padding-left: 1.25rem; }
li { margin: .25rem 0; }
a { color: inherit; text-underline-offset: .15em; }
article { margin-top: 2.5rem; padding-top: 2.5rem; border-top: 1px solid var(--line); }
code, pre { font: .8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
a, code, td, dd, li { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .75rem 1rem; background: var(--tint); border-radius: .3rem;
  overflow-x: auto; }
.state { font-weight: 650; }
.state.live { color: var(--live); } .state.warn { color: var(--warn); }
.state.calm { color: var(--calm); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; margin: .6rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
dl.figures { grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem 1.5rem;
  margin: 1.5rem 0; }
dl.figures dt { font-size: .8125rem; } dl.figures dd { font-size: 1.05rem; line-height: 1.35; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 36rem; height: auto; }
figcaption { font-size: .875rem; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft); }
svg .calls { fill: var(--bar); } svg .errors { fill: var(--fail); }
svg .exposed { fill: var(--exposed); }
svg .axis { stroke: var(--line); } svg .mark { stroke: var(--ink); }
svg text.name { fill: var(--ink); font-weight: 600; paint-order: stroke; stroke: var(--paper);
  stroke-width: 4px; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; table-layout: fixed; }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 400; }
td.number, th.number { text-align: right; white-space: nowrap; }
th.share { width: 18%; } th.number { width: 11%; } th.time { width: 21%; }
td.share svg { display: block; width: 100%; height: .7rem;
  margin-top: .35rem; }
.signs > li { margin: .7rem 0; }
.signs ul { color: var(--soft); font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .875rem; }
@media (max-width: 36rem) {
  body { padding: 1.5rem 1rem 3rem; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  td.share, th.share { display: none; }
  th.number { width: 18%; } th.time { width: 34%; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --tint: #fff; --bar: #3f5f8a; --fail: #b3261e; --exposed: #f6e6e4; --live: #8f1a14;
    --warn: #6f4300; --calm: #14522d; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3, h4 { break-after: avoid; }
  figure, tr, li, pre { break-inside: avoid; }
  figure { overflow: visible; } figure svg { min-width: 0; }
  article { break-before: page; } article:first-of-type { break-before: auto; }
  pre { white-space: pre-wrap; border: 1px solid var(--line); }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
