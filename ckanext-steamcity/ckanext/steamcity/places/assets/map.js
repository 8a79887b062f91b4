/* The map of places. Plain script, no library but Leaflet; works under `script-src 'self'; style-src 'self'`.
 *
 * It takes the drawing the server made (SVG) out and puts a map in its place. What it shows comes from the JSON block
 * beside it (see helpers.steamcity_map). Shapes are not in the tab order: the list of the page is the way to reach
 * places by keyboard (and what a screen reader reads), and elements with `data-steamcity-place="area:… cell:…"` light up their shapes.
 */
(() => {
  "use strict";

  const SMALLEST = 14; // px: what is smaller is drawn as a dot (cities) or left out (their parts)
  const DIVIDED_FROM = 60; // px: from here on the districts of a city stand for it
  const CLOSE = 8; // from this zoom on the rough coasts would mislead
  // Dots at the edge stay whole, and none lies under the zoom buttons.
  const PAD = { paddingTopLeft: [52, 22], paddingBottomRight: [22, 22], animate: false };

  const plain = (text) => {
    const element = document.createElement("span");
    element.textContent = text;
    return element;
  };

  class PlacesMap {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector("[data-steamcity-map-data]").textContent);
      this.canvas = root.querySelector("[data-steamcity-map-canvas]");
      this.status = root.querySelector("[data-steamcity-map-status]");
      this.shapes = [];
      this.byPlace = new Map();
      this.start();
    }

    start() {
      const { labels, tiles } = this.data;
      const holder = document.createElement("div");
      holder.className = "steamcity-map-live";
      holder.setAttribute("role", "region");
      holder.setAttribute("aria-label", labels.map);
      this.canvas.replaceChildren(holder);
      this.map = L.map(holder, {
        zoomControl: false,
        attributionControl: Boolean(tiles),
        // The wheel and one finger scroll the page, two fingers and the buttons move the map.
        scrollWheelZoom: false,
        dragging: !window.matchMedia("(pointer: coarse)").matches,
        zoomAnimation: false,
        fadeAnimation: false,
        markerZoomAnimation: false,
        inertia: false,
        zoomSnap: 0.25,
        zoomDelta: 1,
        minZoom: 3,
        maxZoom: 17,
      });
      L.control.zoom({ zoomInTitle: labels.zoomIn, zoomOutTitle: labels.zoomOut }).addTo(this.map);
      if (tiles) {
        this.root.classList.add("steamcity-map-tiles");
        this.map.attributionControl.setPrefix(false);
        L.tileLayer(tiles.url, { attribution: plain(tiles.attribution).innerHTML, maxZoom: 19 }).addTo(this.map);
      }
      this.map.setView([46, 8], 4);
      this.draw();
      this.fit();
      this.map.on("zoomend", () => this.arrange());
      this.arrange();
      // The shapes say nothing to a screen reader; the list below the map says the same in words.
      this.map.getPane("overlayPane").setAttribute("aria-hidden", "true");
      this.tools();
      this.tie();
    }

    draw() {
      const back = { interactive: false, className: "steamcity-map-back", weight: 1 };
      const { features } = this.data.backdrop;
      const isLand = (feature) => feature.properties.kind === "land";
      const coasts = { interactive: false, className: "steamcity-map-land", weight: 1, smoothFactor: 0.5 };
      this.land = L.geoJSON(features.filter(isLand), coasts);
      this.hasLand = features.some(isLand);
      L.geoJSON(features.filter((feature) => !isLand(feature)), back).addTo(this.map);
      this.tip = L.tooltip({ direction: "top", className: "steamcity-map-tip" });
      for (const feature of this.data.features.features) {
        const own = feature.properties;
        const className = own.marked ? "steamcity-map-marked" : `steamcity-map-shade-${own.shade || 0}`;
        const shape = L.geoJSON(feature, { className, weight: own.marked ? 2 : 1.2 });
        const entry = { own, shape, bounds: shape.getBounds(), shown: null };
        entry.outline = L.geoJSON(feature, back);
        const centre = own.centre ? [own.centre[1], own.centre[0]] : entry.bounds.getCenter();
        entry.dot = L.circleMarker(centre, { className, radius: 6 + 1.5 * (own.shade || 0), weight: 1.2 });
        for (const layer of [shape, entry.dot]) this.listen(layer, own);
        this.shapes.push(entry);
        if (!this.byPlace.has(own.place)) this.byPlace.set(own.place, []);
        this.byPlace.get(own.place).push(entry);
      }
      const box = this.data.bbox;
      if (box) {
        const corners = [[box[1], box[0]], [box[3], box[2]]];
        L.rectangle(corners, { interactive: false, className: "steamcity-map-box" }).addTo(this.map);
      }
    }

    listen(layer, own) {
      // Not bindTooltip: it listens for focus, which makes every shape a nameless tab stop.
      const say = (event) => this.tip.setContent(plain(own.label || own.name)).setLatLng(event.latlng);
      layer.on("mouseover", (event) => {
        say(event).openOn(this.map);
        this.light(own.place, true, true);
      });
      layer.on("mousemove", say);
      layer.on("mouseout", () => {
        this.tip.close();
        this.light(own.place, false, true);
      });
      if (own.slug && own.count && this.data.mode !== "result") {
        layer.on("click", () => {
          if (!this.drawing) this.go((params) => params.set("steamcity_area", own.slug));
        });
      }
    }

    /* What is too small to see becomes a dot or waits for a closer look; a city gives way to its districts. */
    arrange() {
      const wide = this.hasLand && this.map.getZoom() < CLOSE;
      this.map.getContainer().classList.toggle("steamcity-map-wide", wide);
      if (wide) this.land.addTo(this.map).bringToBack();
      else this.land.remove();
      for (const entry of this.shapes) {
        const a = this.map.latLngToLayerPoint(entry.bounds.getNorthWest());
        const b = this.map.latLngToLayerPoint(entry.bounds.getSouthEast());
        const size = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
        let wanted = entry.shape;
        if (size < SMALLEST) {
          wanted = entry.own.kind === "city" || entry.own.kind === "cell" || entry.own.marked ? entry.dot : null;
        } else if (entry.own.kind === "city" && entry.own.divided && size >= DIVIDED_FROM) {
          wanted = entry.outline;
        }
        if (wanted === entry.shown) continue;
        if (entry.shown) entry.shown.remove();
        if (wanted) wanted.addTo(this.map);
        entry.shown = wanted;
      }
      // Smaller things lie on top of larger ones, whenever they came.
      for (const entry of this.shapes) if (entry.shown) entry.shown.bringToFront();
    }

    fit() {
      const box = this.data.bbox;
      if (box) {
        this.map.fitBounds([[box[1], box[0]], [box[3], box[2]]], PAD);
        return;
      }
      const filled = this.shapes.filter((entry) => entry.own.marked || entry.own.count);
      const bounds = L.latLngBounds([]);
      for (const entry of filled.length ? filled : this.shapes) bounds.extend(entry.bounds);
      if (bounds.isValid()) this.map.fitBounds(bounds, { ...PAD, maxZoom: 14 });
    }

    /* ---- searching in a part of the map ---- */

    tools() {
      const tools = this.root.querySelector("[data-steamcity-map-tools]");
      if (!tools) return;
      tools.hidden = false;
      const view = tools.querySelector("[data-steamcity-map-view]");
      if (view) view.addEventListener("click", () => this.search(this.map.getBounds()));
      this.button = tools.querySelector("[data-steamcity-map-draw]");
      this.button.addEventListener("click", () => (this.drawing ? this.stop(true) : this.beginDrawing()));
      const everywhere = tools.querySelector("[data-steamcity-map-everywhere]");
      if (!everywhere) return;
      everywhere.hidden = !this.data.bbox;
      everywhere.addEventListener("click", () => this.go((params) => params.delete("ext_bbox")));
    }

    beginDrawing() {
      const holder = this.map.getContainer();
      const events = new AbortController();
      const on = (type, handler) => holder.addEventListener(type, handler, { signal: events.signal, capture: true });
      let from = null;
      let box = null;
      this.drawing = events;
      this.wasDragging = this.map.dragging.enabled();
      this.map.dragging.disable();
      this.map.boxZoom.disable();
      holder.classList.add("steamcity-map-drawing");
      this.button.setAttribute("aria-pressed", "true");
      this.say(this.data.labels.draw);
      document.addEventListener("keydown", (event) => event.key === "Escape" && this.stop(true), { signal: events.signal });
      events.signal.addEventListener("abort", () => box && box.remove());
      on("pointerdown", (event) => {
        if (event.target.closest(".leaflet-control")) return;
        event.preventDefault();
        event.stopPropagation();
        holder.setPointerCapture(event.pointerId);
        from = this.map.mouseEventToLatLng(event);
      });
      on("pointermove", (event) => {
        if (!from) return;
        const bounds = L.latLngBounds(from, this.map.mouseEventToLatLng(event));
        if (box) box.setBounds(bounds);
        else box = L.rectangle(bounds, { interactive: false, className: "steamcity-map-box" }).addTo(this.map);
      });
      on("pointerup", () => {
        if (!from) return;
        const bounds = box && box.getBounds();
        from = null;
        // A mere click is no box.
        if (bounds && bounds.getNorth() - bounds.getSouth() > 1e-4 && bounds.getEast() - bounds.getWest() > 1e-4) {
          this.stop(false);
          this.search(bounds);
        }
      });
      on("pointercancel", () => this.stop(true));
    }

    stop(told) {
      if (!this.drawing) return;
      this.drawing.abort();
      this.drawing = null;
      if (this.wasDragging) this.map.dragging.enable();
      this.map.boxZoom.enable();
      this.map.getContainer().classList.remove("steamcity-map-drawing");
      this.button.setAttribute("aria-pressed", "false");
      this.say(told ? this.data.labels.stopped : "");
    }

    search(bounds) {
      const clip = (value, limit) => Math.max(-limit, Math.min(limit, value)).toFixed(4);
      const box = [clip(bounds.getWest(), 180), clip(bounds.getSouth(), 90), clip(bounds.getEast(), 180), clip(bounds.getNorth(), 90)];
      const input = document.getElementById(this.root.dataset.steamcityMapInto);
      if (input) {
        // In a form: the box is one of its answers and stays on the map.
        input.value = box.join(",");
        if (this.box) this.box.remove();
        this.box = L.rectangle(bounds, { interactive: false, className: "steamcity-map-box" }).addTo(this.map);
        this.say(this.data.labels.drawn);
        return;
      }
      this.say(this.data.labels.searching);
      this.go((params) => params.set("ext_bbox", box.join(",")));
    }

    /* Search keeps the reader's other filters; from other pages it starts anew. */
    go(change) {
      const target = new URL(this.data.searchUrl, window.location.href);
      if (this.data.mode === "search") {
        for (const [name, value] of new URL(window.location.href).searchParams) target.searchParams.append(name, value);
      }
      target.searchParams.delete("page");
      change(target.searchParams);
      window.location.assign(target);
    }

    say(text) {
      if (this.status) this.status.textContent = text;
    }

    /* ---- list and map are one ---- */

    tie() {
      const list = (event) => event.target.closest && event.target.closest("[data-steamcity-place]");
      for (const [type, lit] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
        document.addEventListener(type, (event) => {
          const item = list(event);
          if (!item || this.root.contains(item)) return;
          for (const place of item.dataset.steamcityPlace.split(/\s+/)) this.light(place, lit, false);
        });
      }
    }

    light(place, lit, fromMap) {
      for (const entry of this.byPlace.get(place) || []) {
        for (const layer of [entry.shape, entry.dot, entry.outline]) {
          const paths = layer.getLayers ? layer.getLayers() : [layer];
          for (const path of paths) {
            const element = path.getElement && path.getElement();
            if (element) element.classList.toggle("steamcity-map-lit", lit);
          }
        }
      }
      if (!fromMap) return;
      for (const item of document.querySelectorAll(`[data-steamcity-place~="${CSS.escape(place)}"]`)) {
        item.classList.toggle("steamcity-map-linked", lit);
      }
    }
  }

  const boot = () => {
    for (const root of document.querySelectorAll("[data-steamcity-map]")) {
      if (root.dataset.steamcityMapReady) continue;
      const fold = root.closest("details");
      if (fold && !fold.open) {
        // What is folded away has no size to draw a map into.
        fold.addEventListener("toggle", boot, { once: true });
        continue;
      }
      root.dataset.steamcityMapReady = "yes";
      try {
        new PlacesMap(root);
      } catch (error) {
        console.error("The map could not start; the drawing stays.", error);
      }
    }
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
  document.addEventListener("htmx:afterSettle", boot);
})();
