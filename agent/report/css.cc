#include "report/css.h"

#include "base/str_cat.h"
#include "report/palette.h"

namespace sekisho::report {
namespace {

using base::StrCat;

std::string Variables(std::string_view Colour::*scheme) {
  std::string css;
  for (const Colour& colour : Palette()) {
    css += StrCat("--", colour.name, ":", colour.*scheme, ";");
  }
  return css;
}

// .r1 {…} and so on: the steps of the heat map.
std::string Steps() {
  std::string css;
  for (const char kind : {'r', 'h', 'a'}) {
    for (const char step : {'1', '2', '3', '4'}) {
      css += StrCat(".", kind, step, "{background:var(--", kind, step, ");color:var(--", kind, step,
                    "t)}\n");
    }
  }
  return css;
}

constexpr std::string_view kBase = R"css(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif}
.page{max-width:1240px;margin:0 auto;padding:32px 28px 64px}
h1,h2,h3{line-height:1.25;font-weight:600;margin:0}
h1{font-size:15px;color:var(--muted)}
h1 b{color:var(--fg);overflow-wrap:anywhere}
h2{font-size:21px;letter-spacing:-.01em;margin-bottom:12px}
h3{font-size:16px}
p{margin:0 0 10px;max-width:78ch}
a{color:var(--link);text-underline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.9em}
code{overflow-wrap:anywhere}
pre{margin:0 0 12px;padding:10px 14px;background:var(--panel);border-left:3px solid var(--line);
line-height:1.45;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere}
pre code{font-size:inherit}
section{border-top:1px solid var(--line);padding-top:26px;margin-top:34px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-9999px}
.skip:focus{position:static}
.faint,.note,.kind,.ns{color:var(--muted)}
.note,.kind{font-size:13px}
.kind{font-weight:400}
.good{color:var(--good)}
.warn{color:var(--warn)}
.bad{color:var(--bad)}
)css";

constexpr std::string_view kHeadStyle = R"css(
.headline{font-size:30px;line-height:1.2;letter-spacing:-.02em;font-weight:600;max-width:30ch;
margin:10px 0 8px;text-wrap:balance}
.headline.good,.headline.bad,.headline.warn{padding-left:16px;border-left:5px solid currentColor}
.headline span{color:var(--fg)}
.lead{font-size:17px;max-width:88ch}
.figures{display:flex;flex-wrap:wrap;gap:10px 40px;margin:22px 0 18px;padding:0}
.figures div{display:flex;flex-direction:column-reverse}
.figures dd{margin:0;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums;
font-weight:600}
.figures dt{color:var(--muted);font-size:13px}
.facts{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:13.5px}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
nav{margin-top:20px;font-size:14px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin:0;padding:0}
)css";

constexpr std::string_view kTableStyle = R"css(
.scroll{overflow-x:auto;margin:0 0 14px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
table.narrow{width:auto;min-width:min(420px,100%)}
caption{text-align:left;color:var(--muted);font-size:13px;padding:0 0 6px}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);
font-weight:400}
thead th{color:var(--muted);font-size:12.5px;vertical-align:bottom;white-space:nowrap}
tbody tr:last-child>*{border-bottom-color:var(--edge)}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.n,th.n{padding-right:16px}
time{font-variant-numeric:tabular-nums;white-space:nowrap}
th[scope=row]{overflow-wrap:anywhere;min-width:11em}
.of{font-weight:600}
.why{min-width:16em;overflow-wrap:anywhere}
.image{color:var(--muted);font-size:12px}
.running .caps{min-width:19em;font-size:12.5px;line-height:1.4}
.running th[scope=row]{min-width:18em}
.running thead th{white-space:normal;min-width:4.2em}
.running td:nth-of-type(1){min-width:8.5em}
.running .lsm{overflow-wrap:anywhere;min-width:10em;font-size:12.5px}
.running .with>*{border-bottom:0;padding-bottom:0}
.running .against{padding:2px 0 9px 14px;min-width:0}
.refusals th[scope=row]{min-width:11em}
.legend{list-style:none;margin:0 0 8px;padding:0;display:flex;flex-wrap:wrap;gap:4px 28px;
font-size:13.5px}
.legend li{display:flex;align-items:baseline;gap:7px}
.swatches{display:inline-flex;align-self:center}
.swatches i{width:16px;height:14px}
.mark{font-size:12px}
.heat{width:auto;border-collapse:separate;border-spacing:2px}
.heat{font-size:13px}
.heat th,.heat td{border:0;padding:2px 5px}
.heat thead th{vertical-align:bottom}
.heat thead th[scope=colgroup]{white-space:normal;font-weight:600;border-bottom:1px solid var(--edge);color:var(--fg)}
.heat .check{padding:4px 2px;text-align:left}
.heat .check span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:15em;
overflow-wrap:anywhere;line-height:1.1}
.heat tbody th{min-width:8em;max-width:20em;padding-right:8px;background:var(--bg);position:sticky;left:0}
.heat tbody td{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:3em}
.heat td b{font-size:10.5px;margin-left:4px}
.heat td.none{background:var(--panel)}
.heat td.n,.heat th.n{padding-right:8px}
.heat tbody tr:last-child>*{font-weight:600}
)css";

constexpr std::string_view kRestStyle = R"css(
svg.timeline{display:block;width:100%;min-width:860px;height:auto}
svg text{font-size:12px;fill:var(--muted);font-variant-numeric:tabular-nums}
svg .grid{stroke:var(--line)}
svg .tick{stroke:var(--edge)}
svg .allow{fill:var(--allow);stroke:var(--edge);stroke-width:.75}
svg .harden{fill:var(--harden)}
svg .deny{fill:var(--deny)}
svg.key{width:12px;height:12px;flex:none;align-self:center}
summary{cursor:pointer;color:var(--link);margin-bottom:8px;width:max-content;max-width:100%}
article{margin:22px 0 8px;padding-top:16px;border-top:1px solid var(--line)}
article:first-of-type{border-top:0;padding-top:4px}
.counts{margin:6px 0}
.count{display:inline-block;padding:0 8px;font-size:13px;margin:0 4px 2px 0}
.pair{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,10fr);gap:4px 36px;align-items:start}
.for{margin:0 0 5px;font-size:13.5px;color:var(--muted);overflow-wrap:anywhere}
footer{border-top:1px solid var(--line);margin-top:38px;padding-top:18px;font-size:13px;
color:var(--muted)}
footer ul{padding-left:18px;margin:0 0 10px}
@media screen and (max-width:820px){
.page{padding:20px 16px 40px}
.pair{grid-template-columns:minmax(0,1fr)}
.headline{font-size:24px}
.figures{gap:8px 26px}
.figures dd{font-size:21px}
.facts{grid-template-columns:1fr}
.facts dd{margin-bottom:6px}
}
@page{size:A4 landscape;margin:12mm}
@media print{
:root{--bg:#fff}
th[scope=row]{min-width:0}
.caps,.lsm,.image,caption,thead th{font-size:8pt!important}
.kind,.note,.for{font-size:9pt}
body{font-size:9pt}
.page{max-width:none;padding:0}
nav,.skip,summary{display:none}
.scroll{overflow:visible}
table{font-size:8pt}
.heat td,.count,.swatches i,pre,svg{-webkit-print-color-adjust:exact;print-color-adjust:exact}
tr,pre,svg,h2,h3,.counts{break-inside:avoid}
h2,h3,caption,.for,.counts,tr.with{break-after:avoid}
.heat th,.heat td{padding:1px 4px}
section{margin-top:20px;padding-top:14px}
pre{font-size:8pt;padding:6px 10px}
thead{display:table-header-group}
.why{min-width:0}
.running .caps,.running td,.running th,.refusals th[scope=row]{min-width:0!important}
a{color:inherit;text-decoration:none}
}
)css";

}  // namespace

std::string StyleSheet() {
  const std::string light = Variables(&Colour::light);
  // Paper is light, whatever the screen is.
  return StrCat(":root{color-scheme:light dark;", light, "}\n",
                "@media screen and (prefers-color-scheme:dark){:root{", Variables(&Colour::dark),
                "}}\n", kBase, kHeadStyle, kTableStyle, kRestStyle, Steps());
}

}  // namespace sekisho::report
