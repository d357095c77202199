import { trusted } from './markup.js';

/** The whole style of a report: readable on screen, light or dark, and on paper. No font or image comes from elsewhere. */
export const style = trusted(`<style>
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2528;--soft:#5d6a70;--line:#e2e0d8;--accent:#0f7f74;--mark:#159a8c;--wrong:#c2557a;--warn:#fff3d9;--warnink:#6d4a00}
@media (prefers-color-scheme:dark){:root{--paper:#14191b;--card:#1b2225;--ink:#e6eaea;--soft:#9aa8ad;--line:#2f393d;--accent:#4cc7b8;--warn:#3a2f14;--warnink:#f4d899}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1000px;margin:0 auto;padding:40px 28px 64px}
h1{font-size:2.1rem;line-height:1.15;margin:.1em 0 .25em;letter-spacing:-.015em}
h2{font-size:1.2rem;margin:0 0 .3em;letter-spacing:-.005em}
p{margin:.3em 0 .9em;max-width:72ch}
.kicker{font-size:.78rem;font-weight:650;letter-spacing:.1em;text-transform:uppercase;color:var(--accent)}
.lead{font-size:1.08rem;color:var(--soft);margin-bottom:1.2em}
.lead b{color:var(--ink);font-weight:600}
.soft{color:var(--soft);font-size:.9rem}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin:18px 0}
.banner{background:var(--warn);color:var(--warnink);border-radius:10px;padding:10px 16px;margin:0 0 22px;font-weight:600;max-width:none}
.notes{margin:0;padding-left:1.2em}
.tiles{display:grid;grid-template-columns:repeat(3,1fr);gap:12px;margin:20px 0 18px}
@media (max-width:680px){.tiles{grid-template-columns:repeat(2,1fr)}}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px 14px}
.tile .name{font-size:.85rem;color:var(--soft)}
.tile .value{font-size:2rem;font-weight:640;line-height:1.15;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.tile .between{font-size:.8rem;color:var(--soft);min-height:1.4em}
.range{display:block;position:relative;height:6px;margin:8px 0 6px;border-radius:3px;background:var(--line)}
.range i{position:absolute;top:0;bottom:0;border-radius:3px;background:var(--mark);opacity:.5}
.range b{position:absolute;top:-3px;width:3px;height:12px;margin-left:-1.5px;border-radius:2px;background:var(--accent)}
.tile .beside{display:flex;justify-content:space-between;gap:12px;font-size:.82rem;color:var(--soft);font-variant-numeric:tabular-nums}
.tile .between+.beside{border-top:1px solid var(--line);margin-top:6px;padding-top:5px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
th,td{padding:7px 10px;text-align:right;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600;color:var(--soft);font-size:.82rem}
tbody th,th.text,td.text{text-align:left}
tbody th{color:var(--ink);font-size:.93rem}
tbody tr:last-child>*{border-bottom:0}
.sites th{white-space:nowrap}
.sites thead th{white-space:normal}
th.c{text-align:center}
tr.all>*{border-top:2px solid var(--line);font-weight:600}
.sites tr.noted>*{border-bottom:0;padding-bottom:0}
td.text{color:var(--soft);font-size:.88rem}
tr:has(+ tr.other)>*{border-bottom:0;padding-bottom:3px}
tr.other>*{padding-top:2px;padding-bottom:3px;color:var(--soft);font-size:.85rem}
tr.other th{padding-left:24px;font-weight:450}
tr.other:not(:has(+ tr.other))>*{padding-bottom:8px}
td.other{color:var(--soft)}
.matrix{width:auto;margin:8px 0 4px}
.matrix th,.matrix td{border:0;padding:0}
.matrix td{width:54px;min-width:46px;height:42px;text-align:center;border:2px solid var(--card);border-radius:7px}
.matrix thead th{padding:0 4px 8px;text-align:center;vertical-align:bottom;max-width:110px;overflow-wrap:break-word;font-weight:550}
.matrix tbody th{padding-right:14px;font-weight:550;font-size:.86rem}
.matrix .axis{white-space:nowrap;font-style:italic;font-weight:450;color:var(--soft)}
.matrix .total{color:var(--soft);font-size:.86rem;background:none}
.matrix .zero{color:var(--soft);opacity:.55}
.matrix .right{outline:1.5px solid var(--accent);outline-offset:-3px}
.steep thead th.c span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:180px;line-height:1.2}
.matrix td.hid{background:repeating-linear-gradient(135deg,transparent 0 5px,var(--line) 5px 7px);background-clip:padding-box}
.matrix td.hid .withheld{background:none}
.withheld{display:inline-block;min-width:2.1em;border-radius:5px;text-align:center;color:var(--soft);background:repeating-linear-gradient(135deg,transparent 0 4px,var(--line) 4px 7px);cursor:help}
.chart{margin:20px 0 4px}
.chart svg{width:100%;height:auto;display:block}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 28px;align-items:start}
@media (max-width:760px){.pair{grid-template-columns:1fr}}
dl{display:grid;grid-template-columns:minmax(130px,auto) 1fr;gap:4px 20px;margin:.4em 0 0;font-size:.93rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font:.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.chip{display:inline-block;border-radius:99px;padding:2px 12px;font-size:.85rem;font-weight:600;border:1px solid var(--line)}
.chip.complete{color:var(--accent);border-color:currentColor}
.chip.degraded{background:var(--warn);color:var(--warnink);border-color:transparent}
.chip.open{color:var(--soft)}
.chip.failed{color:var(--wrong);border-color:currentColor}
footer{color:var(--soft);font-size:.88rem;margin-top:30px}
@media print{
:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#111;--soft:#555;--line:#ddd;--accent:#0f7f74}
@page{margin:15mm}
html{font-size:9.5pt}body{font-size:1rem}main{padding:0;max-width:none}section{padding:10px 14px;margin:10px 0}th,td{padding:4px 8px}.matrix td{height:30px}.chart{max-width:72%!important}.pair{grid-template-columns:1fr 1fr}.pair .chart{max-width:none!important}
section,.tile{break-inside:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
</style>`);
