// Draws the charts of a page when they come into view, in the colours of the tokens; again when the theme changes.
// Vega runs with its interpreter (ast: true), so the page needs no 'unsafe-eval'.

const plots = [...document.querySelectorAll("[data-chart]")];
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const json = (id) => JSON.parse(document.getElementById(id).textContent);
let loading = null;

function loadVega(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

function theme() {
  const [text, muted, grid] = [token("--text"), token("--text-muted"), token("--chart-grid")];
  const axis = { labelColor: muted, titleColor: muted, gridColor: grid, domainColor: grid, tickColor: grid, labelFontSize: 12, titleFontWeight: "normal" };
  return {
    font: token("--font"),
    background: "transparent",
    view: { stroke: null },
    range: { category: [1, 2, 3, 4, 5, 6].map((n) => token(`--chart-${n}`)) },
    axis,
    text: { color: text },
    rule: { color: muted },
  };
}

async function draw(plot) {
  await loadVega(plot.dataset.bundle);
  const locale = json(plot.dataset.chart.replace(/spec$/, "locale"));
  const spec = { ...json(plot.dataset.chart), width: "container", height: "container", autosize: { type: "fit", contains: "padding" } };
  plot.view?.finalize();
  const stage = document.createElement("div");
  stage.style.height = "100%";
  plot.replaceChildren(stage); // before drawing: Vega asks the stage how wide it is
  const { view } = await window.vegaEmbed(stage, spec, {
    ast: true,
    actions: false,
    renderer: "svg",
    config: theme(),
    formatLocale: locale.number,
    timeFormatLocale: locale.time,
    tooltip: { theme: "custom" },
  });
  plot.view = view;
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    draw(entry.target);
  }
}, { rootMargin: "200px" });
plots.forEach((plot) => seen.observe(plot));

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const plot of plots) if (plot.view) draw(plot);
});
