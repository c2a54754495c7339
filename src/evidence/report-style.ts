/** The look of report.html, on a screen and on paper. */
export const REPORT_STYLE = `
:root { --ink: #1f2328; --quiet: #59636e; --line: #d8dee4; --wash: #f6f8fa;
  --PASS: #1a7f37; --FAIL: #c6212c; --TOLERATED: #1f6feb; --BLOCKED: #9a6700; --SKIPPED: #6e7781; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1108px; color: var(--ink); background: #fff;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
header { display: flex; gap: 18px; align-items: center; padding-bottom: 18px; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 24px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 36px 0 10px; font-size: 17px; overflow-wrap: anywhere; }
h3 { margin: 24px 0 8px; font-size: 14px; }
p { margin: 4px 0; }
.quiet, dt, .note { color: var(--quiet); }
.verdict { display: inline-block; padding: 1px 8px; border-radius: 10px; color: #fff; font-size: 11px; font-weight: 600;
  letter-spacing: .03em; white-space: nowrap; }
header .verdict { padding: 8px 18px; border-radius: 8px; font-size: 19px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 12px/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; color: var(--quiet); overflow-wrap: anywhere; }
svg { display: block; max-width: 100%; height: auto; margin: 8px 0; }
.lane { stroke: #c4ccd4; stroke-dasharray: 2 3; }
.band { fill: var(--wash); stroke: var(--line); }
.party, .phase, .number { font-size: 12px; font-weight: 600; fill: var(--ink); }
.party { text-anchor: end; font-weight: 500; }
.times { font-size: 11px; fill: var(--quiet); }
.number { fill: #fff; text-anchor: middle; font-size: 11.5px; }
table { width: 100%; border-collapse: collapse; }
table.steps { table-layout: fixed; }
.c-n { width: 34px; } .c-verdict { width: 118px; } .c-step { width: 25%; } .c-who { width: 146px; } .c-time { width: 132px; }
th { padding: 6px 8px; text-align: left; font-weight: 600; font-size: 12px; color: var(--quiet); border-bottom: 1px solid var(--line); }
td { padding: 6px 8px; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tr.phase-row td { padding: 14px 8px 4px; font-weight: 600; }
td.text { white-space: pre-wrap; }
td.time, td.n { white-space: nowrap; color: var(--quiet); font-variant-numeric: tabular-nums; }
td b { font-weight: 600; }
tr.FAIL td { background: #fff5f5; }
tr.BLOCKED td { background: #fffbea; }
tr:target td { background: #ddf4ff; }
table.left td { padding: 3px 8px; }
table.counts td + td, table.counts th + th { text-align: right; }
${['PASS', 'FAIL', 'TOLERATED', 'BLOCKED', 'SKIPPED']
  .map(
    verdict => `.verdict.${verdict} { background: var(--${verdict}); } .fill-${verdict} { fill: var(--${verdict}); }`,
  )
  .join('\n')}
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 12px; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; max-width: none; font-size: 11px; }
  tr, svg, dl { break-inside: avoid; }
  h2, h3, tr.phase-row { break-after: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
`
