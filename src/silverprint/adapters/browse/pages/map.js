/* Map of the pool: a point for each picture, painted pixel by pixel so that a million are fast; areas drawn on it. */
export const NOWHERE = 65535;
export const COLOURS = ["#1f77b4", "#e07b00", "#2a9d4a", "#c8374f", "#8558b0", "#8a5a3c", "#d65fae", "#5f7f1f", "#0f9aa8", "#b59400"];
export const OTHER = "#7d8189";
const FADED = [226, 223, 216], INK = [34, 37, 42], LAST = 65534;
const rgb = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
const PAINT = COLOURS.map(rgb), GREY = rgb(OTHER);

export class PoolMap {
  constructor(canvas, onArea, onPoint) {
    Object.assign(this, { canvas, onArea, onPoint, tool: "box", zoom: 1, left: 0, top: 0, area: [], drawn: null, count: 0 });
    this.context = canvas.getContext("2d");
    this.matched = this.codes = null;
    this.selected = new Set();
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
    canvas.addEventListener("pointerdown", event => this.begin(event));
    canvas.addEventListener("pointermove", event => this.go(event));
    canvas.addEventListener("pointerup", event => this.end(event));
    canvas.addEventListener("pointercancel", () => { this.drawn = null; this.paint(); });
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      this.zoomAt(...this.place(event), Math.exp(-event.deltaY * 0.0015));
    }, { passive: false });
  }

  show(points) { this.points = points; this.count = points.length / 2; this.paint(); }

  resize() {
    const { width, height } = this.canvas.parentElement.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.ratio = ratio;
    this.paint();
  }

  whole() { Object.assign(this, { zoom: 1, left: 0, top: 0 }); this.paint(); }

  zoomAt(x, y, factor) {
    const zoom = Math.min(60, Math.max(1, this.zoom * factor)), by = this.zoom / zoom;
    this.left = x - (x - this.left) * by;
    this.top = y - (y - this.top) * by;
    this.zoom = zoom;
    this.hold();
  }

  hold() {
    const most = 1 - 1 / this.zoom;
    this.left = Math.min(most, Math.max(0, this.left));
    this.top = Math.min(most, Math.max(0, this.top));
    this.paint();
  }

  /* Where on the map, 0 to 1 both ways; a margin keeps the outermost points whole. */
  place(event) {
    const box = this.canvas.getBoundingClientRect(), margin = 8;
    const x = (event.clientX - box.left - margin) / (box.width - 2 * margin);
    const y = (event.clientY - box.top - margin) / (box.height - 2 * margin);
    return [this.left + x / this.zoom, this.top + y / this.zoom];
  }

  pixel(x, y) {
    const margin = 8 * this.ratio, { width, height } = this.canvas;
    return [margin + (x - this.left) * this.zoom * (width - 2 * margin), margin + (y - this.top) * this.zoom * (height - 2 * margin)];
  }

  begin(event) {
    if (event.button !== 0 || !this.points) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawn = { from: this.place(event), path: [this.place(event)], at: [event.clientX, event.clientY], moved: false };
  }

  go(event) {
    if (!this.drawn) return;
    const to = this.place(event), [x, y] = this.drawn.at;
    if (Math.hypot(event.clientX - x, event.clientY - y) > 4) this.drawn.moved = true;
    if (this.tool === "move") {
      this.left += this.drawn.from[0] - to[0];
      this.top += this.drawn.from[1] - to[1];
      this.hold();
    } else {
      if (this.tool === "lasso") this.drawn.path.push(to);
      else this.drawn.path = [this.drawn.from, [to[0], this.drawn.from[1]], to, [this.drawn.from[0], to[1]]];
      this.outline();
    }
  }

  end(event) {
    const drawn = this.drawn;
    this.drawn = null;
    if (!drawn) return;
    if (!drawn.moved) { this.onPoint(this.nearest(event)); return; }
    if (this.tool === "move") return;
    const step = Math.ceil(drawn.path.length / 200);
    this.area = drawn.path.filter((_, at) => at % step === 0);
    this.paint();
    this.onArea(this.area);
  }

  nearest(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.ratio, y = (event.clientY - box.top) * this.ratio;
    let best = -1, least = (12 * this.ratio) ** 2;
    for (let at = 0; at < this.count; at++) {
      if (this.points[2 * at] === NOWHERE || !this.has(at)) continue;
      const [px, py] = this.pixel(this.points[2 * at] / LAST, this.points[2 * at + 1] / LAST);
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) { least = far; best = at; }
    }
    return best;
  }

  has(at) { return !this.matched || (this.matched[at >> 3] >> (at & 7)) & 1; }

  paint() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => { this.waits = false; this.dots(); this.outline(); });
  }

  dots() {
    const { width, height } = this.canvas;
    this.image = this.context.createImageData(width, height);
    if (!this.points) return;
    const size = this.count < 1500 ? 4.2 : this.count < 15000 ? 3 : this.count < 60000 ? 2 : 1.5;
    const disc = circle(size * this.ratio * Math.min(1.8, Math.sqrt(this.zoom))), ring = circle((size + 2) * this.ratio * Math.min(1.8, Math.sqrt(this.zoom)));
    for (const pass of [0, 1, 2])
      for (let at = 0; at < this.count; at++) {
        const chosen = this.selected.has(at), there = this.has(at);
        if (this.points[2 * at] === NOWHERE || pass !== (chosen ? 2 : there ? 1 : 0)) continue;
        const [x, y] = this.pixel(this.points[2 * at] / LAST, this.points[2 * at + 1] / LAST);
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        if (chosen) this.dab(x, y, ring, INK);
        this.dab(x, y, disc, pass === 0 ? FADED : this.paintOf(at));
      }
  }

  paintOf(at) {
    const code = this.codes ? this.codes[at] : 0;
    return code > 0 && code <= PAINT.length ? PAINT[code - 1] : GREY;
  }

  dab(x, y, mask, [red, green, blue]) {
    const { width, height, data } = this.image, column = Math.round(x), row = Math.round(y);
    for (const [dx, dy] of mask) {
      const px = column + dx, py = row + dy;
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const to = 4 * (py * width + px);
      data[to] = red; data[to + 1] = green; data[to + 2] = blue; data[to + 3] = 255;
    }
  }

  outline() {
    if (!this.image) return;
    const { context } = this, path = this.drawn?.moved && this.tool !== "move" ? this.drawn.path : this.area;
    context.putImageData(this.image, 0, 0);
    if (!path.length) return;
    context.beginPath();
    path.forEach(([x, y]) => context.lineTo(...this.pixel(x, y)));
    context.closePath();
    context.fillStyle = "rgb(31 95 153 / .09)";
    context.fill();
    context.lineWidth = 1.5 * this.ratio;
    context.strokeStyle = "#1f5f99";
    context.stroke();
  }
}

function circle(radius) {
  const out = [], most = Math.ceil(radius);
  for (let y = -most; y <= most; y++)
    for (let x = -most; x <= most; x++) if (x * x + y * y <= (radius + 0.3) ** 2) out.push([x, y]);
  return out;
}
