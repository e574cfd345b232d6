import { Markup } from './markup.ts';

const LIGHT = `
--bg:#fbfbf9;--ink:#1c2228;--muted:#59636e;--line:#dfe1dd;--grid:#eceeea;--panel:#f3f4f1;
--x:#44639f;--y:#0b7a75;--area:#0b7a7522;--bar:#8fa3b3;--ok:#27703f;--ok-bg:#e2f0e6;--bad:#ad2d23;--bad-bg:#fae5e2;
--warn:#85590c;--warn-bg:#f8ecd3;--calm:#3d566e;--calm-bg:#e5ebf0;--frozen:#a9c4da;--gate:#d9c08f`;

const DARK = `
--bg:#14181c;--ink:#e4e8eb;--muted:#9fa9b3;--line:#2e353c;--grid:#20262c;--panel:#1b2026;
--x:#90aeea;--y:#4cc4bb;--area:#4cc4bb26;--bar:#5d7080;--ok:#86cf9f;--ok-bg:#1c3325;--bad:#f2938a;--bad-bg:#3f1f1c;
--warn:#e3bb6a;--warn-bg:#382c14;--calm:#a9bfd3;--calm-bg:#222d37;--frozen:#3f5f79;--gate:#6b5a30`;

/** Print gets the light colours whatever the screen has. */
export const STYLE = new Markup(`
:root{color-scheme:light;${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1128px;margin:0 auto;padding:40px 24px 56px}
.over{margin:0;color:var(--muted);font-size:12px;letter-spacing:.09em;text-transform:uppercase}
.top{display:flex;flex-wrap:wrap;align-items:baseline;gap:6px 18px;margin:6px 0 4px}
h1{margin:0;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em}
h1 .versions{color:var(--muted);font-weight:400;white-space:nowrap}
.summary{margin:6px 0 0;max-width:78ch;font-size:16px}
.badge{display:inline-block;padding:3px 12px;border-radius:99px;font-size:14px;font-weight:600;white-space:nowrap}
.ok{color:var(--ok);background:var(--ok-bg)}.bad{color:var(--bad);background:var(--bad-bg)}
.warn{color:var(--warn);background:var(--warn-bg)}.calm{color:var(--calm);background:var(--calm-bg)}
.figures{display:flex;flex-wrap:wrap;gap:14px 44px;margin:26px 0 0;padding:18px 0;border:solid var(--line);border-width:1px 0}
.figures div{display:flex;flex-direction:column-reverse}
.figures dt{color:var(--muted);font-size:12.5px}
.figures dd{margin:0;font-size:21px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.figures small{font-size:13px;font-weight:400;color:var(--muted)}
section{margin-top:38px}
h2{margin:0 0 10px;font-size:18px;font-weight:650}
h3{margin:14px 0 2px;font-size:15px;font-weight:650}
p{margin:6px 0;max-width:88ch}
.callout{margin-top:26px;padding:14px 18px;border-left:4px solid;border-radius:0 6px 6px 0}
.callout h2,.callout h3{color:inherit}.callout p,.callout li{color:var(--ink)}
figure{margin:0;overflow-x:auto}
.chart{display:block;width:100%;min-width:760px;height:auto;overflow:visible;font-size:12px}
.chart+.chart{margin-top:6px}
.chart text{fill:var(--muted);font-variant-numeric:tabular-nums}
.chart .row{fill:var(--ink)}
.grid line,.values line{stroke:var(--grid)}.axis line{stroke:var(--line)}
.cut{fill:var(--panel)}.cut-label{font-style:italic}
.marker{stroke-width:1.2;stroke-dasharray:3 3}
.marker.failure{stroke:var(--bad)}.marker.seal{stroke:var(--ink)}
.marker-label{font-weight:600}.chart .marker-label.failure{fill:var(--bad)}.chart .marker-label.seal{fill:var(--ink)}
.bar{fill:var(--bar)}.bar.failed{fill:var(--bad)}.bar.running{fill:var(--y)}.bar.skipped{fill:none;stroke:var(--bar)}
.bar.frozen{fill:var(--frozen)}.bar.gate{fill:var(--gate)}.took{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}.chart .took.inside{fill:var(--ink);stroke:none}
.area{fill:var(--area)}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.line.x{stroke:var(--x);stroke-dasharray:5 4}.line.y{stroke:var(--y)}.line.dot{stroke-width:4}
.chart .weight{fill:var(--y);font-weight:600}.chart .chart-title{fill:var(--ink);font-weight:600}.chart .note{fill:var(--muted);font-weight:400}
.chip.pass rect{fill:var(--ok-bg)}.chart .chip.pass text{fill:var(--ok)}
.chip.fail rect{fill:var(--bad-bg)}.chart .chip.fail text{fill:var(--bad)}
.chip.inconclusive rect{fill:var(--warn-bg)}.chart .chip.inconclusive text{fill:var(--warn)}
.chip text{font-size:11px}
.legend{display:flex;gap:22px;margin:10px 0 0;color:var(--muted);font-size:13px}
.legend svg{width:30px;height:8px;margin-right:6px;vertical-align:middle}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);color:var(--muted);font-size:12.5px;font-weight:500;text-align:left;white-space:nowrap}
td{padding:7px 14px 7px 0;border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;white-space:nowrap}td.t{white-space:nowrap}
td small{color:var(--muted)}
.tag{padding:1px 8px;border-radius:99px;font-size:12.5px;font-weight:600;white-space:nowrap}
code{padding:1px 4px;border-radius:3px;background:var(--panel);font:.9em ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.callout code{background:none;padding:0}
ul{margin:6px 0;padding-left:20px}li{margin:3px 0}
footer{margin-top:44px;padding-top:14px;border-top:1px solid var(--line);color:var(--muted);font-size:12.5px}
@media print{@page{margin:14mm}body{font-size:11pt}main{max-width:none;padding:0}section{margin-top:22px}
h2{break-after:avoid}.chart,tr,.callout,.figures{break-inside:avoid}.chart{min-width:0}figure,.scroll{overflow:visible}
.badge,.tag,.callout,.chart,code{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`);
