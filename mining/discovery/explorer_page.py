"""The page of the map explorer: one file, nothing remote, the default level in place before any script runs."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #f6f7f9; --ink: #1e293b; --muted: #475569; --line: #cbd5e1; --panel: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181f; --ink: #e5e9f0; --muted: #b3bccb; --line: #3b4656; --panel: #1e2530; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", system-ui, Arial, sans-serif; }
h1 { font-size: 20px; margin: 0 0 10px; }
form { display: flex; flex-wrap: wrap; gap: 12px 28px; align-items: end; padding: 12px 14px; margin: 0 0 12px;
  background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
form[hidden] { display: none; }
.slider { display: grid; grid-template-columns: auto 1fr; gap: 0 12px; min-width: min(300px, 100%); flex: 1; }
.slider input { grid-column: 1 / -1; width: 100%; }
output { color: var(--muted); font-size: 13px; text-align: right; align-self: end; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; gap: 14px; }
legend { padding: 0; float: left; margin-right: 12px; }
:focus-visible { outline: 3px solid #b45309; outline-offset: 2px; }
#map { overflow: auto; background: #ffffff; color-scheme: light; border: 1px solid var(--line); border-radius: 8px; padding: 8px; }
#map svg { display: block; margin: 0 auto; }
#map.fit svg { max-width: 100%; height: auto; }
#map .activity:focus { outline: none; }
#map .activity:focus .box { stroke: #b45309; stroke-width: 5; }
.note { color: var(--muted); margin: 0 0 8px; }
"""

SCRIPT = """
(() => {
  const data = JSON.parse(document.getElementById("levels").textContent);
  const get = id => document.getElementById(id);
  const form = get("controls"), map = get("map"), note = get("note");
  const unpacked = new Map([[data.first, map.innerHTML]]);
  let wanted = data.first;
  if (typeof DecompressionStream === "undefined") { note.hidden = false; return; }
  const unpack = async k => {
    if (!unpacked.has(k)) {
      const bytes = Uint8Array.from(atob(data.pictures[k]), c => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      unpacked.set(k, await new Response(stream).text());
    }
    return unpacked.get(k);
  };
  const show = async () => {
    const a = +get("activities").value, p = +get("paths").value;
    const colour = form.elements.colour.value === "performance" ? 1 : 0;
    const lanes = get("lanes") && get("lanes").checked ? 1 : 0;
    for (const [id, text] of [["activities", data.activities[a]], ["paths", data.paths[p]]]) {
      get(id).setAttribute("aria-valuetext", text);
      get(id + "-said").textContent = text;
    }
    const k = wanted = data.index[a][p][colour][lanes];
    const svg = await unpack(k);
    if (k !== wanted) return;
    if (map.dataset.level !== String(k)) { map.innerHTML = svg; map.dataset.level = k; }
    map.setAttribute("aria-label", map.querySelector("desc").textContent);
  };
  get("fit").addEventListener("change", event => map.classList.toggle("fit", event.target.checked));
  form.addEventListener("input", show);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
  show();
})();
"""

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<noscript><p class="note">{no_script}</p></noscript>
<p class="note" id="note" hidden>{old_browser}</p>
<form id="controls" hidden autocomplete="off">
{controls}
</form>
<div id="map" tabindex="0" role="region" aria-live="polite" aria-label="{title}" data-level="{first}">{picture}</div>
<script type="application/json" id="levels">{data}</script>
<script>{script}</script>
</body>
</html>
"""

SLIDER = (
    '<div class="slider"><label for="{id}">{label}</label><output id="{id}-said" for="{id}">{said}</output>'
    '<input type="range" id="{id}" min="0" max="{most}" step="1" value="{value}" aria-valuetext="{said}"></div>'
)
SWITCH = '<label><input type="checkbox" id="{id}"> {label}</label>'
COLOURS = (
    "<fieldset><legend>{colours}</legend>"
    '<label><input type="radio" name="colour" value="frequency" checked> {frequency}</label>'
    '<label><input type="radio" name="colour" value="performance"> {performance}</label></fieldset>'
)
