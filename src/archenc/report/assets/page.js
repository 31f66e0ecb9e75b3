// Draw every chart in the colours of the style sheet, and again when the reader's colour scheme changes.
(() => {
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (name, alpha) => {
    const hex = value(name);
    if (alpha === undefined) return hex;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  };
  const coloured = (text) =>
    JSON.parse(text.replace(/var\((--[\w-]+)(?:,([\d.]+))?\)/g, (_, name, alpha) => colour(name, alpha)));

  const axis = () => ({
    color: value("--soft"), gridcolor: value("--grid"), linecolor: value("--rule"), zeroline: false,
    automargin: true, title_font_size: 13, ticks: "outside", ticklen: 4, tickcolor: value("--rule"),
  });

  const draw = (figure) => {
    const { data, layout } = coloured(figure.querySelector('script[type="application/json"]').textContent);
    const base = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: value("--ink") },
      margin: { l: 8, r: 8, t: 8, b: 8 },
      hoverlabel: { bgcolor: value("--panel"), bordercolor: value("--rule"), font: { color: value("--ink") }, align: "left" },
      ...layout,
      xaxis: { ...axis(), ...layout.xaxis }, yaxis: { ...axis(), ...layout.yaxis },
    };
    Plotly.react(figure.querySelector(".plot"), data, base, { displaylogo: false, displayModeBar: false, responsive: true });
  };
  const all = () => document.querySelectorAll("figure.chart").forEach(draw);
  all();

  // A button of the key hides its curve in every chart of its section, and shows it again.
  document.querySelectorAll(".key button").forEach((button) => button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    button.closest("section").querySelectorAll(".plot").forEach((plot) => {
      const own = plot.data.flatMap((trace, at) => (trace.legendgroup === button.dataset.key ? [at] : []));
      if (own.length) Plotly.restyle(plot, { visible: shown }, own);
    });
  }));
  scheme.addEventListener("change", all);
})();
