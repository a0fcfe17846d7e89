"""Hold the style of the incident report: one quiet column, in light, in dark, and on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c1d20; --soft: #5c6068; --line: #dfe1e5; --tint: #f5f6f7;
  --alarm: #a3211a; --warning: #8a5300; --success: #1c6b3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16171a; --ink: #e6e7ea; --soft: #a0a4ad; --line: #33363c; --tint: #1f2125;
    --alarm: #f58b82; --warning: #e3ae62; --success: #7cc797;
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
p, ul, ol { margin: .4rem 0; }
ul, ol { padding-left: 1.25rem; }
li { margin: .25rem 0; }
a { color: inherit; text-underline-offset: .15em; }
article { margin-top: 2.5rem; padding-top: 2.5rem; border-top: 1px solid var(--line); }
code, pre { font: .8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
h3, a, code, td, dd, li { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .75rem 1rem; background: var(--tint); border-radius: .3rem;
  overflow-x: auto; }
.state { font-weight: 650; }
.state.alarm { color: var(--alarm); } .state.warning { color: var(--warning); }
.state.success { color: var(--success); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; margin: .6rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
figure { margin: 1.5rem 0; }
figure pre { line-height: 1; }
mark { background: none; color: var(--alarm); }
figcaption { font-size: .875rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; table-layout: fixed; }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 400; }
th:not(:first-child) { width: 12%; } th:last-child { width: 24%; }
li ul { color: var(--soft); font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .875rem; }
@media (max-width: 36rem) {
  body { padding: 1.5rem 1rem 3rem; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  th:not(:first-child) { width: 18%; } th:last-child { width: 34%; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --tint: #fff; --alarm: #8f1a14; --warning: #6f4300; --success: #14522d; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3 { break-after: avoid; }
  figure, tr, li, pre { break-inside: avoid; }
  article { break-before: page; } article:first-of-type { break-before: auto; }
  pre { white-space: pre-wrap; border: 1px solid var(--line); }
  figure pre { white-space: pre; font-size: 7.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
