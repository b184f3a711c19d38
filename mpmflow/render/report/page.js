"use strict";
(() => {
  const root = document.documentElement;

  // ------------------------------------------------------------------ light and dark
  const button = document.getElementById("theme");
  const asked = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ?? (asked.matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; label(); });
  asked.addEventListener("change", label);
  label();

  // ------------------------------------------------------------------ which section is being read
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const parts = [...links.keys()].map((id) => document.getElementById(id));
  const mark = () => {
    const passed = parts.filter((part) => part.getBoundingClientRect().top < innerHeight * 0.4);
    const now = passed.at(-1)?.id;
    for (const [id, link] of links) {
      if (id === now) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
  };
  let due = false;
  addEventListener("scroll", () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; mark(); });
  }, { passive: true });
  mark();

  // ------------------------------------------------------------------ what only a script can do
  for (const hint of document.querySelectorAll(".hint")) hint.hidden = false;
  for (const picture of document.querySelectorAll(".picture[data-larger]")) {
    const turn = document.createElement("button");
    const say = () => { turn.textContent = picture.classList.contains("whole") ? "Show a part" : "Show the whole picture"; };
    turn.type = "button";
    turn.addEventListener("click", () => { picture.classList.toggle("whole"); say(); });
    say();
    picture.after(turn);
  }
  for (const picture of document.querySelectorAll(".picture[data-start=middle]")) {
    picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
  }

  // ------------------------------------------------------------------ single values of a chart, from its own table
  for (const chart of document.querySelectorAll(".chart[data-places]")) {
    const head = [...chart.querySelectorAll("thead th")].map((cell) => cell.textContent);
    const rows = [...chart.querySelectorAll("tbody tr")];
    const spots = chart.dataset.places.split(" ").map((text, row) => ({ x: Number(text), row }))
      .filter((spot) => Number.isFinite(spot.x));
    const readout = chart.querySelector(".readout");
    const words = (spot) => [...rows[spot.row].cells].map((cell, column) => [head[column], cell.textContent])
      .filter(([, text], column) => column === 0 || (text && text !== "-"));
    const readers = [...chart.querySelectorAll(".plot")].map((plot) => {
      const reader = document.createElement("div");
      reader.className = "reader";
      reader.style.insetInlineStart = `${100 * plot.dataset.left}%`;
      reader.style.inlineSize = `${100 * plot.dataset.span}%`;
      reader.tabIndex = 0;
      const line = document.createElement("div");
      line.className = "at";
      line.hidden = true;
      reader.append(line);
      const given = {
        role: "slider", "aria-label": `Single values: ${readout.dataset.name}`, "aria-orientation": "horizontal",
        "aria-valuemin": 1, "aria-valuemax": spots.length, "aria-valuenow": spots.length,
        "aria-valuetext": words(spots.at(-1)).map(([name, text]) => `${name} ${text}`).join(", "),
      };
      for (const [name, value] of Object.entries(given)) reader.setAttribute(name, value);
      plot.append(reader);
      return { reader, line };
    });
    let now = spots.length - 1;
    const tell = (index) => {
      now = Math.max(0, Math.min(spots.length - 1, index));
      const told = words(spots[now]);
      readout.replaceChildren(...told.flatMap(([name, text], number) => {
        const value = document.createElement("b");
        value.textContent = text;
        return number ? [` · ${name} `, value] : [value];
      }));
      for (const { reader, line } of readers) {
        line.hidden = false;
        line.style.insetInlineStart = `${100 * spots[now].x}%`;
        reader.setAttribute("aria-valuenow", now + 1);
        reader.setAttribute("aria-valuetext", told.map(([name, text]) => `${name} ${text}`).join(", "));
      }
    };
    const hush = () => {
      readout.textContent = "";
      for (const { line } of readers) line.hidden = true;
    };
    for (const { reader } of readers) {
      const point = (event) => {
        const box = reader.getBoundingClientRect();
        const at = (event.clientX - box.left) / box.width;
        const off = (spot) => Math.abs(spot.x - at);
        tell(spots.reduce((best, spot, index) => (off(spot) < off(spots[best]) ? index : best), 0));
      };
      reader.addEventListener("pointermove", point);
      reader.addEventListener("pointerdown", point);
      reader.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hush(); });
      reader.addEventListener("focus", () => { if (reader.matches(":focus-visible")) tell(now); });
      reader.addEventListener("blur", hush);
      reader.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
        if (step) tell(now + step);
        else if (event.key === "Home") tell(0);
        else if (event.key === "End") tell(spots.length - 1);
        else return;
        event.preventDefault();
      });
    }
  }
})();
