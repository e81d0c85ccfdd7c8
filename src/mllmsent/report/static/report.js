"use strict";
/* Three things a page of paper cannot do, sort a table, filter the gallery and play with one figure,
   and one that it needs: the wording of the questions unfolded. */
(() => {
  const get = (id) => document.getElementById(id);
  const option = (text, value) => {
    const made = document.createElement("option");
    made.textContent = text;
    made.value = value;
    return made;
  };

  /* Paper. */
  const folded = () => document.querySelectorAll("details[data-prints]:not([open])");
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...folded()];
    for (const part of unfolded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of unfolded) part.open = false;
  });

  /* Whoever is sent to a part that is folded finds it open; some browsers do so by themselves. */
  addEventListener("hashchange", () => {
    const part = get(location.hash.slice(1));
    const fold = part && part.closest("details:not([open])");
    if (!fold) return;
    fold.open = true;
    part.scrollIntoView();
  });

  /* Tables that can be sorted by any column, numbers by size and what has none last. */
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      const of = (row) => row.cells[place].dataset.sort ?? row.cells[place].textContent.trim();
      button.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [of(row), row]);
        const isEmpty = (text) => text === "" || text === "–" || text === "nan";
        rows.sort(([one], [other]) => {
          if (isEmpty(one) || isEmpty(other)) return isEmpty(one) - isEmpty(other);
          const order = isNaN(one) || isNaN(other) ? one.localeCompare(other) : one - other;
          return falls ? -order : order;
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  /* The gallery. */
  const gallery = get("gallery-cards");
  if (gallery) {
    const controls = ["scale", "system", "outcome"].map((name) => get(`gallery-${name}`));
    const [scale, system, outcome] = controls;
    const more = get("gallery-more");
    let most = 12;
    const show = () => {
      let fitting = 0;
      for (const card of gallery.children) {
        let fits = false;
        for (const block of card.querySelectorAll("[data-scale]")) {
          const asked = !scale || !scale.value || block.dataset.scale === scale.value;
          block.hidden = !asked;
          for (const part of block.querySelectorAll("[data-system]")) {
            const mine = !system.value || part.dataset.system === system.value;
            const meant = !outcome.value || !part.dataset.outcome || part.dataset.outcome === outcome.value;
            part.hidden = !(mine && meant);
            fits ||= asked && mine && meant && Boolean(part.dataset.outcome);
          }
        }
        card.querySelector(".answers").open = Boolean(system.value);
        fitting += fits ? 1 : 0;
        card.classList.toggle("later", fits && fitting > most);
        card.hidden = !fits;
      }
      const shown = Math.min(fitting, most);
      get("gallery-count").textContent = `${shown} of ${gallery.children.length} shown`;
      get("gallery-empty").hidden = fitting > 0;
      more.hidden = fitting <= most;
      more.textContent = `Show ${fitting - shown} more`;
    };
    more.addEventListener("click", () => {
      const next = gallery.querySelector(".later a, .later summary");
      most = Infinity;
      show();
      if (next) next.focus();
    });
    for (const control of controls) if (control) control.addEventListener("change", show);
    get("gallery-controls").addEventListener("submit", (event) => event.preventDefault());
    get("gallery-controls").hidden = false;
    show();
  }

  /* The figure to play with. Plotly sleeps, compressed, until somebody comes near. */
  const packed = get("plotly-packed");
  const explorer = get("explorer");
  if (!packed || !explorer || typeof DecompressionStream === "undefined") return;

  const views = JSON.parse(get("explorer-data").textContent);
  const [view, choice, plot, state] = ["view", "choice", "plot", "state"].map((name) => get(`explorer-${name}`));
  const styled = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const symbols = { direct: "circle", described: "square", scene: "diamond", other: "circle-open" };
  const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
  const narrow = () => plot.clientWidth < 560;

  const layout = (extra) => {
    const axis = { gridcolor: styled("rule"), linecolor: styled("rule"), zeroline: false, automargin: true, fixedrange: false };
    return {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: styled("sans"), size: 13, color: styled("ink") },
      hoverlabel: { bgcolor: styled("raised"), bordercolor: styled("rule"), font: { family: styled("sans"), color: styled("ink") }, align: "left" },
      margin: { t: 16, r: 16, b: 48, l: 16 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: styled("muted"), activecolor: styled("accent") },
      showlegend: false,
      dragmode: narrow() ? false : "zoom",
      ...extra,
      xaxis: { ...axis, ...extra.xaxis },
      yaxis: { ...axis, ...extra.yaxis },
    };
  };

  const ranking = (data, metric) => {
    const order = metric.values.map((value, place) => [value, place]).filter(([value]) => value !== null);
    order.sort(([one], [other]) => (metric.higher ? one - other : other - one));
    const of = (column) => order.map(([, place]) => column[place]);
    const systems = of(data.systems);
    const values = of(metric.values);
    const [low, high] = [of(metric.low), of(metric.high)];
    const names = systems.map((one) => (narrow() ? `<b>${escaped(cut(one.model, 22))}</b><br>${escaped(cut(one.detail, 26))}` : `<b>${escaped(cut(one.model, 34))}</b> ${escaped(cut(one.detail, 40))}`));
    const trace = {
      type: "scatter",
      mode: "markers",
      x: values,
      y: names.map((_, place) => place),
      text: systems.map((one, place) => `<b>${escaped(cut(one.model, 60))}</b><br>${escaped(cut(one.detail, 60))}<br>${metric.title} ${values[place].toFixed(3)}${low[place] === null ? "" : `<br>${low[place].toFixed(3)} to ${high[place].toFixed(3)}`}`),
      hovertemplate: "%{text}<extra></extra>",
      marker: { size: 11, color: systems.map((one) => styled(one.mark)), symbol: systems.map((one) => symbols[one.mark]) },
      error_x: {
        type: "data",
        symmetric: false,
        array: high.map((end, place) => (end === null ? 0 : end - values[place])),
        arrayminus: low.map((end, place) => (end === null ? 0 : values[place] - end)),
        color: styled("muted"),
        thickness: 2,
        width: 0,
      },
    };
    const extra = {
      height: Math.max(320, 90 + names.length * (narrow() ? 44 : 34)),
      xaxis: { title: { text: metric.title } },
      yaxis: { tickvals: trace.y, ticktext: names, range: [-0.7, names.length - 0.3] },
      shapes: [],
      annotations: [],
    };
    if (metric.baseline !== null) {
      extra.shapes.push({ type: "line", x0: metric.baseline, x1: metric.baseline, y0: 0, y1: 1, yref: "paper", line: { color: styled("muted"), dash: "dash", width: 1.5 } });
      extra.annotations.push({ x: metric.baseline, y: 1, yref: "paper", yanchor: "bottom", text: escaped(cut(data.baseline, 40)), showarrow: false, font: { size: 11, color: styled("muted") } });
    }
    return [[trace], layout(extra)];
  };

  const items = (data, system) => {
    const trace = {
      type: "scatter",
      mode: "markers",
      x: system.truth,
      y: system.answer,
      text: system.items.map((item) => escaped(item)),
      hovertemplate: "<b>%{text}</b><br>people %{x}<br>answer %{y}<extra></extra>",
      marker: { size: 9, opacity: 0.6, color: styled(system.mark), symbol: symbols[system.mark] },
    };
    const pad = (data.high - data.low) * 0.04;
    const range = [data.low - pad, data.high + pad];
    const side = Math.min(620, Math.max(320, plot.clientWidth));
    return [[trace], layout({
      height: side,
      xaxis: { title: { text: "People’s mean" }, range },
      yaxis: { title: { text: "Answer" }, range },
      shapes: [{ type: "line", x0: data.low, y0: data.low, x1: data.high, y1: data.high, layer: "below", line: { color: styled("muted"), dash: "dot", width: 1.5 } }],
    })];
  };

  let ready = null;
  const wake = () => {
    ready ??= (async () => {
      state.textContent = "Unpacking the figure …";
      const bytes = Uint8Array.from(atob(packed.textContent), (sign) => sign.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      const script = document.createElement("script");
      script.textContent = await new Response(stream).text();
      document.head.append(script);
      packed.remove();
      state.textContent = "";
    })();
    return ready;
  };

  const draw = async () => {
    await wake();
    if (!window.Plotly) {
      state.textContent = "This browser does not run the figure; its numbers are in the tables above.";
      return;
    }
    const data = views[view.value];
    const [traces, shape] = (data.kind === "items" ? items : ranking)(data, data.choices[choice.value]);
    await window.Plotly.react(plot, traces, shape, {
      displaylogo: false,
      responsive: true,
      // Named one by one: what plotly adds of itself might want a network.
      modeBarButtons: [["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    });
    plot.dataset.drawn = "yes";
  };

  const choices = () => {
    const data = views[view.value];
    get("explorer-choice-name").textContent = data.kind === "items" ? "System" : "Metric";
    choice.replaceChildren(...data.choices.map((one, place) => option(one.title, place)));
  };

  view.replaceChildren(...views.map((one, place) => option(one.title, place)));
  choices();
  view.addEventListener("change", () => { choices(); draw(); });
  choice.addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (ready) draw(); });
  explorer.hidden = false;
  for (const hint of document.querySelectorAll(".no-script")) hint.hidden = true;
  new IntersectionObserver((entries, observer) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      observer.disconnect();
      draw();
    }
  }, { rootMargin: "300px" }).observe(explorer);
})();
