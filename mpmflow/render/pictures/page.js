"use strict";
(() => {
  const root = document.documentElement;
  const main = document.getElementById("picture");
  const svg = main.querySelector("svg");
  const remark = document.getElementById("remark");
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const switchTheme = document.getElementById("theme");
  const parts = JSON.parse(document.getElementById("parts").textContent);

  // ------------------------------------------------------------------ light and dark
  const asked = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const paint = () => {
    const theme = chosen ?? (asked.matches ? "dark" : "light");
    root.dataset.theme = theme;
    switchTheme.textContent = theme === "dark" ? "Light" : "Dark";
  };
  const turn = () => { chosen = root.dataset.theme === "dark" ? "light" : "dark"; paint(); };
  asked.addEventListener("change", paint);
  switchTheme.addEventListener("click", turn);
  paint();

  // ------------------------------------------------------------------ move and zoom: only the view box changes
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
  const start = svg.viewBox.baseVal;
  const all = { x: start.x, y: start.y, w: start.width, h: start.height };
  let view = { ...all };
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const scale = () => Math.max(view.w / main.clientWidth, view.h / main.clientHeight);
  const fit = () => Math.max(all.w / main.clientWidth, all.h / main.clientHeight);
  const small = () => scale() > 1.8;  // points of the drawing in one pixel: words could not be read
  const move = (dx, dy) => { view.x += dx * scale(); view.y += dy * scale(); show(); };
  const place = (x, y) => {
    const point = svg.createSVGPoint();
    point.x = x; point.y = y;
    return point.matrixTransform(svg.getScreenCTM().inverse());
  };
  const zoom = (factor, x, y) => {
    const box = main.getBoundingClientRect();
    const at = place(x ?? box.x + box.width / 2, y ?? box.y + box.height / 2);
    const wanted = Math.min(4 * fit(), Math.max(0.1, scale() / factor));
    const real = scale() / wanted;
    view = { x: at.x - (at.x - view.x) / real, y: at.y - (at.y - view.y) / real, w: view.w / real, h: view.h / real };
    show();
  };
  const whole = () => { view = { ...all }; show(); };
  main.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }, { passive: false });
  let held = null;
  main.addEventListener("pointerdown", (event) => { held = { x: event.clientX, y: event.clientY, id: event.pointerId }; });
  main.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    if (!main.classList.contains("moving")) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < 3) return;
      main.classList.add("moving");
      main.setPointerCapture(held.id);
      hush();
    }
    move(held.x - event.clientX, held.y - event.clientY);
    held.x = event.clientX; held.y = event.clientY;
  });
  const release = () => { held = null; main.classList.remove("moving"); };
  main.addEventListener("pointerup", release);
  main.addEventListener("pointercancel", release);
  document.getElementById("larger").addEventListener("click", () => zoom(1.3));
  document.getElementById("smaller").addEventListener("click", () => zoom(1 / 1.3));
  document.getElementById("whole").addEventListener("click", whole);

  // ------------------------------------------------------------------ what a part says of itself: text, never markup
  let now = null;
  const hush = () => { remark.hidden = true; now?.classList.remove("now"); now = null; };
  const line = (text, kind) => {
    const made = document.createElement("p");
    made.dir = "auto";
    made.className = kind;
    made.textContent = text;
    return made;
  };
  const tell = (element, x, y) => {
    const part = parts[element.id];
    hush();
    now = element;
    now.classList.add("now");
    const lines = [line(part.head, "head")];
    if (part.name && part.name !== part.head) lines.push(line(part.name, "name"));
    remark.replaceChildren(...lines, ...part.told.map((text) => line(text, "told")));
    remark.hidden = false;
    const box = remark.getBoundingClientRect();
    remark.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
    remark.style.top = `${Math.max(4, y + 16 + box.height > innerHeight ? y - box.height - 12 : y + 16)}px`;
  };
  const tellBeside = (element) => {
    const box = element.getBoundingClientRect();
    tell(element, box.right - 8, box.bottom - 12);
  };
  const elements = Object.keys(parts).map((id) => document.getElementById(id)).filter(Boolean);
  for (const element of elements) {
    const part = parts[element.id];
    element.setAttribute("tabindex", element.id.startsWith("n") ? "0" : "-1");
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", [part.head, ...part.told].join(". "));
    element.addEventListener("pointermove", (event) => { if (!held) tell(element, event.clientX, event.clientY); });
    element.addEventListener("pointerleave", hush);
    element.addEventListener("focus", () => { if (element.matches(":focus-visible")) { centre(element); tellBeside(element); } });
    element.addEventListener("blur", hush);
  }
  const centre = (element) => {
    if (small()) zoom(scale());
    const box = element.getBoundingClientRect();
    const room = main.getBoundingClientRect();
    if (box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom) return;
    move(box.x + box.width / 2 - room.x - room.width / 2, box.y + box.height / 2 - room.y - room.height / 2);
  };

  // ------------------------------------------------------------------ find
  const plain = (text) => text.toLocaleLowerCase().normalize("NFKD");
  const words = new Map(elements.map((one) => {
    const part = parts[one.id];
    return [one, plain([part.head, part.name, ...part.told].join(" "))];
  }));
  let hits = [];
  let next = 0;
  const search = () => {
    const wanted = plain(find.value.trim());
    hits = wanted ? elements.filter((one) => words.get(one).includes(wanted)) : [];
    next = 0;
    svg.classList.toggle("searching", Boolean(wanted));
    for (const one of elements) one.classList.toggle("hit", hits.includes(one));
    found.textContent = wanted ? `${hits.length} found` : "";
    hush();
  };
  find.addEventListener("input", search);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && hits.length) {
      const hit = hits[next % hits.length];
      found.textContent = `${(next % hits.length) + 1} of ${hits.length}`;
      next += 1;
      centre(hit);
      tellBeside(hit);
    } else if (event.key === "Escape") {
      find.value = "";
      search();
      main.focus();
    }
  });

  // A picture too large to be read whole opens at its beginning, with no empty room beside its edges.
  const within = (middle, room, from, length) =>
    room < length ? Math.min(Math.max(middle, from + room / 2), from + length - room / 2) : from + length / 2;
  if (small() && elements.length) {
    centre(elements[0]);
    const wide = main.clientWidth * scale(), high = main.clientHeight * scale();
    view.x = within(view.x + view.w / 2, wide, all.x, all.w) - view.w / 2;
    view.y = within(view.y + view.h / 2, high, all.y, all.h) - view.h / 2;
    show();
  }

  // ------------------------------------------------------------------ keys
  document.addEventListener("keydown", (event) => {
    if (event.target === find || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 60;
    const keys = {
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), "0": whole,
      ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0),
      ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
      "/": () => find.focus(), d: turn, D: turn, Escape: hush,
    };
    const action = keys[event.key];
    if (action) { event.preventDefault(); action(); }
  });
})();
