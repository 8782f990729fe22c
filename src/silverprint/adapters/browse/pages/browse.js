import { COLOURS, OTHER, PoolMap } from "/static/map.js";

const $ = id => document.getElementById(id);
const main = document.querySelector("main"), form = document.querySelector("#filters form");
const count = number => number.toLocaleString("en");
const kept = `pool-${main.dataset.session}`;
const chosen = new Set(), wanted = { facets: { cleaning: "" }, suspicion: "", text: "", group: null, area: [], like: null, words: "", order: "any" };
let pool, map, codes = {}, total = 0, shown = [], asked = 0, opened = -1, last = -1, loading = false;

function element(tag, facts = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) name in made ? (made[name] = value) : made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "X-Form": main.dataset.form }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({ message: "The server does not answer." }))).message);
  return answer;
}

function tell(error) { $("found").textContent = error.message; $("found").className = "bad"; }

/* What is asked for */

function request(offset = 0) {
  const number = name => { const value = parseFloat(form.elements[name].value); return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : null; };
  return { ...wanted, least: number("least") ?? 0, most: number("most") ?? 1, offset };
}

async function look() {
  const mine = ++asked;
  remember();
  chips();
  $("grid").setAttribute("aria-busy", "true");
  try {
    const answer = await (await ask("/api/view", request())).json();
    if (mine !== asked) return;
    $("grid").setAttribute("aria-busy", "false");
    total = answer.total;
    shown = [];
    last = -1;
    $("grid").replaceChildren();
    map.matched = Uint8Array.from(answer.matched.match(/../g) ?? [], two => parseInt(two, 16));
    map.paint();
    add(answer.tiles);
    $("found").className = "";
    $("found").textContent = total === 1 ? "1 picture" : `${count(total)} pictures`;
    $("select-view").textContent = total > pool.most ? `Select the first ${count(pool.most)}` : "Select all";
    $("select-view").hidden = total === 0;
  } catch (error) { if (mine === asked) tell(error); }
}

async function more() {
  if (loading || shown.length >= total) return;
  loading = true;
  const mine = asked;
  try {
    const answer = await (await ask("/api/view", request(shown.length))).json();
    if (mine === asked) add(answer.tiles);
  } catch (error) { tell(error); }
  loading = false;
}

/* Tiles */

function add(tiles) {
  for (const tile of tiles) {
    shown.push(tile);
    $("grid").append(item(tile, shown.length - 1));
  }
  $("more").hidden = shown.length >= total;
}

function item(tile, place) {
  const tick = element("input", { type: "checkbox", checked: chosen.has(tile.number), ariaLabel: `Select picture ${tile.name}` });
  tick.addEventListener("click", event => choose(tile.number, tick.checked, place, event.shiftKey));
  const face = tile.withheld ? element("span", { className: "withheld" }, "not shown: a person") : element("img", { src: `/pictures/small/${tile.number}`, alt: "", loading: "lazy", decoding: "async" });
  const open = element("button", { type: "button", className: "open", ariaLabel: `Picture ${tile.name}: ${words(tile)}` }, face);
  open.addEventListener("click", event => event.shiftKey ? choose(tile.number, !chosen.has(tile.number), place, true) : detail(tile.number));
  const made = element("li", { className: chosen.has(tile.number) ? "chosen" : "" }, open, element("label", { className: "tick" }, tick), caption(tile));
  made.dataset.number = tile.number;
  return made;
}

function words(tile) {
  return [tile.label && `label ${tile.label}`, tile.predicted && `predicted ${tile.predicted}`, tile.reason && `rejected: ${tile.reason}`].filter(Boolean).join(", ") || "nothing said yet";
}

function caption(tile) {
  const made = element("p", { className: "caption" });
  const line = (text, kind) => made.append(element("span", { className: kind, title: text }, text));
  if (tile.label) line(tile.label, "label");
  if (tile.predicted) line(`${tile.confidence.toFixed(2)} ${tile.predicted}`, tile.label && tile.label !== tile.predicted ? "prediction differs" : "prediction");
  if (tile.similarity !== null) line(`${wanted.words ? "fits" : "alike"} ${tile.similarity.toFixed(3)}`, "quiet");
  if (tile.mistake) line(`champion: ${tile.mistake}`, "bad");
  if (tile.disagreed) line("people disagree", "bad");
  if (tile.reason) line(tile.reason, "bad");
  if (tile.flags) line(tile.flags, "flag");
  for (const mark of tile.marks) line(mark, "mark");
  if (!made.childElementCount) line(tile.name, "quiet");
  return made;
}

/* Selection */

function choose(number, on, place, range) {
  const span = range && last >= 0 ? shown.slice(Math.min(last, place), Math.max(last, place) + 1).map(tile => tile.number) : [number];
  span.forEach(one => on ? chosen.add(one) : chosen.delete(one));
  last = place;
  selection();
}

function selection() {
  $("selected").textContent = count(chosen.size);
  $("bar").hidden = chosen.size === 0;
  document.body.classList.toggle("choosing", chosen.size > 0);
  for (const made of $("grid").children) {
    const on = chosen.has(Number(made.dataset.number));
    made.classList.toggle("chosen", on);
    made.querySelector("input").checked = on;
  }
  map.selected = chosen;
  map.paint();
  $("pick").textContent = chosen.has(opened) ? "Unselect" : "Select";
  remember();
}

function remember() {
  const { text, least, most } = Object.fromEntries(new FormData(form));
  sessionStorage.setItem(kept, JSON.stringify({ chosen: [...chosen], wanted, least, most, text, colour: $("colour").value, tool: map.tool }));
}

/* One picture */

async function detail(number) {
  if (number < 0) return;
  try {
    const told = await (await ask(`/api/pictures/${number}`)).json();
    opened = number;
    $("large").hidden = told.withheld;
    $("withheld").hidden = !told.withheld;
    if (told.withheld) $("large").removeAttribute("src");
    else Object.assign($("large"), { src: `/pictures/large/${number}`, alt: `Picture ${told.name}` });
    $("facts").replaceChildren(...told.facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
    if (told.marks.length) $("facts").append(element("dt", {}, "Listed"), element("dd", {}, told.marks.join(", ")));
    $("like").hidden = !told.features;
    $("copies").hidden = told.others === 0;
    $("copies").textContent = `Near-duplicates (${count(told.others)})`;
    $("copies").dataset.group = told.group;
    $("pick").textContent = chosen.has(number) ? "Unselect" : "Select";
    if (!$("detail").open) $("detail").showModal();
  } catch (error) { tell(error); }
}

/* Filters */

function fill() {
  for (const [name, text] of Object.entries(pool.suspicions)) form.elements.suspicion.append(element("option", { value: name }, text));
  for (const [name, text] of Object.entries(pool.orders)) $("order").append(element("option", { value: name }, text));
  for (const [name, facet] of Object.entries(pool.facets)) {
    $("colour").append(element("option", { value: name }, facet.words.toLowerCase()));
    if (!facet.values.length && name !== "cleaning") continue;
    const select = element("select", { name }, element("option", { value: "*" }, "any"));
    for (const [value, number] of facet.values) select.append(element("option", { value: `=${value}` }, `${value} (${count(number)})`));
    if (facet.none) select.append(element("option", { value: "=" }, `${facet.without} (${count(facet.none)})`));
    $("facets").append(element("label", {}, facet.words, select));
  }
}

function read() {
  wanted.facets = {};
  for (const select of $("facets").querySelectorAll("select")) if (select.value !== "*") wanted.facets[select.name] = select.value.slice(1);
  wanted.suspicion = form.elements.suspicion.value;
  wanted.text = form.elements.text.value;
  const words = form.elements.words?.value.trim() ?? "";
  if (words && words !== wanted.words) wanted.like = null;
  wanted.words = words;
}

function show() {
  for (const select of $("facets").querySelectorAll("select")) select.value = select.name in wanted.facets ? `=${wanted.facets[select.name]}` : "*";
  form.elements.suspicion.value = wanted.suspicion;
  form.elements.text.value = wanted.text;
  $("order").value = wanted.order;
  if (form.elements.words) form.elements.words.value = wanted.words;
  $("order").disabled = wanted.like !== null || wanted.words !== "";
  map.area = wanted.area;
}

function narrow(change) { Object.assign(wanted, change); show(); look(); }

function chips() {
  const made = [], chip = (text, undo) => {
    const drop = element("button", { type: "button", ariaLabel: `Remove: ${text}` }, text, element("span", { ariaHidden: "true" }, "×"));
    drop.addEventListener("click", undo);
    made.push(element("li", {}, drop));
  };
  if (wanted.like !== null) chip("similar to a picture", () => narrow({ like: null }));
  if (wanted.words) chip(`as described by “${wanted.words}”`, () => narrow({ words: "" }));
  if (wanted.area.length) chip("an area of the map", () => narrow({ area: [] }));
  if (wanted.group !== null) chip("near-duplicates of a picture", () => narrow({ group: null }));
  if (wanted.suspicion) chip(pool.suspicions[wanted.suspicion].toLowerCase(), () => narrow({ suspicion: "" }));
  for (const [name, value] of Object.entries(wanted.facets)) {
    const facet = pool.facets[name];
    chip(value ? `${facet.words.toLowerCase()}: ${value}` : facet.without, () => { const { [name]: _, ...rest } = wanted.facets; narrow({ facets: rest }); });
  }
  if (wanted.text) chip(`“${wanted.text}”`, () => narrow({ text: "" }));
  if (wanted.like !== null) {
    const picture = element("img", { src: `/pictures/small/${wanted.like}`, alt: "the picture that they are similar to" });
    made[0].prepend(picture);
  }
  $("chips").replaceChildren(...made);
}

async function colour() {
  const name = $("colour").value, facet = pool.facets[name];
  try {
    codes[name] ??= new Uint8Array(await (await ask(`/api/codes/${name}`)).arrayBuffer());
  } catch (error) { tell(error); return; }
  map.codes = codes[name];
  map.paint();
  const entry = (text, number, paint, value) => {
    const dot = element("span", { className: "dot" });
    dot.style.background = paint;
    const made = element("button", { type: "button" }, dot, text, element("small", {}, count(number)));
    made.addEventListener("click", () => narrow({ facets: { ...wanted.facets, [name]: value } }));
    return element("li", {}, made);
  };
  const named = facet.values.slice(0, COLOURS.length).map(([value, number], at) => entry(value, number, COLOURS[at], value));
  const rest = facet.values.slice(COLOURS.length).reduce((sum, [, number]) => sum + number, 0);
  if (rest) named.push(element("li", { className: "quiet" }, `${facet.values.length - COLOURS.length} others`, element("small", {}, count(rest))));
  if (facet.none) named.push(entry(facet.without, facet.none, OTHER, ""));
  $("legend").replaceChildren(...named);
  remember();
}

function tool(name) {
  map.tool = name;
  for (const button of document.querySelectorAll("button[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  $("map").dataset.tool = name;
}

/* Begin */

function restore() {
  let before = null;
  try { before = JSON.parse(sessionStorage.getItem(kept)); } catch { /* nothing that we wrote */ }
  const favourite = ["predicted", "label", "cleaning"].find(name => pool.facets[name].values.length) ?? "source";
  $("colour").value = before?.colour || favourite;
  if (before) {
    Object.assign(wanted, before.wanted);
    if (!pool.words) wanted.words = "";
    form.elements.least.value = before.least ?? "";
    form.elements.most.value = before.most ?? "";
    tool(before.tool);
    before.chosen.forEach(number => chosen.add(number));
  }
}

function listen() {
  let timer;
  const changed = () => { read(); show(); look(); };
  form.addEventListener("submit", event => { event.preventDefault(); changed(); });
  form.addEventListener("change", changed);
  form.addEventListener("input", event => { if (event.target.matches("input:not([name=words])") || event.target.value === "") { clearTimeout(timer); timer = setTimeout(changed, 300); } });
  $("order").addEventListener("change", () => narrow({ order: $("order").value }));
  $("colour").addEventListener("change", colour);
  document.querySelectorAll("button[data-tool]").forEach(button => button.addEventListener("click", () => { tool(button.dataset.tool); remember(); }));
  $("whole").addEventListener("click", () => map.whole());
  const zoom = by => map.zoomAt(map.left + 0.5 / map.zoom, map.top + 0.5 / map.zoom, by);
  $("closer").addEventListener("click", () => zoom(1.6));
  $("farther").addEventListener("click", () => zoom(1 / 1.6));
  $("more").addEventListener("click", more);
  new IntersectionObserver(seen => seen[0].isIntersecting && more(), { rootMargin: "600px" }).observe($("end"));
  $("select-view").addEventListener("click", async () => {
    try {
      const { numbers } = await (await ask("/api/numbers", request())).json();
      numbers.forEach(number => chosen.add(number));
      selection();
    } catch (error) { tell(error); }
  });
  $("clear").addEventListener("click", () => { chosen.clear(); selection(); });
  $("pick").addEventListener("click", () => { chosen.has(opened) ? chosen.delete(opened) : chosen.add(opened); selection(); });
  $("like").addEventListener("click", () => { $("detail").close(); narrow({ like: opened, words: "", area: [], group: null }); });
  $("copies").addEventListener("click", () => { $("detail").close(); narrow({ group: Number($("copies").dataset.group), area: [], like: null, words: "", facets: {} }); });
  $("large").addEventListener("load", () => { $("large").style.maxWidth = `${4 * $("large").naturalWidth}px`; });
  document.querySelectorAll("[data-close]").forEach(button => button.addEventListener("click", () => button.closest("dialog").close()));
  document.querySelectorAll("dialog").forEach(one => one.addEventListener("click", event => event.target === one && one.close()));
  document.querySelectorAll("[data-action]").forEach(button => button.addEventListener("click", () => {
    const dialog = $(`act-${button.dataset.action}`);
    dialog.querySelector(".number").textContent = chosen.size === 1 ? "1 picture" : `${count(chosen.size)} pictures`;
    const numbers = dialog.querySelector("[name=numbers]");
    if (numbers) numbers.value = [...chosen].join(",");
    dialog.showModal();
  }));
}

async function begin() {
  pool = await (await ask("/api/pool")).json();
  $("total").textContent = `${count(pool.total)} pictures, ${count(pool.kept)} of them kept`;
  map = new PoolMap($("map"), area => narrow({ area }), detail);
  $("no-map").hidden = pool.map;
  if (matchMedia("(max-width: 60rem)").matches) $("filters").open = false;
  fill();
  tool("box");
  restore();
  show();
  listen();
  look();
  map.show(new Uint16Array(await (await ask("/api/points")).arrayBuffer()));
  await colour();
  selection();
  document.body.dataset.ready = "yes";
}

begin().catch(tell);
