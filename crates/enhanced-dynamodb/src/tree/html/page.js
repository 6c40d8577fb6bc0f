
(() => {
  "use strict";
  const tree = document.getElementById("tree");
  const rows = Array.from(tree.children);
  const place = new Map(rows.map((row, at) => [row, at]));
  const levels = rows.map((row) => Number(row.getAttribute("aria-level")));

  // The rows below one stand right behind it: up to where they end, and which row they are below.
  const ends = new Array(rows.length).fill(rows.length);
  const parents = new Array(rows.length).fill(-1);
  const open = [];
  for (let at = 0; at < rows.length; at++) {
    while (open.length > 0 && levels[open[open.length - 1]] >= levels[at]) ends[open.pop()] = at;
    if (open.length > 0) parents[at] = open[open.length - 1];
    open.push(at);
  }

  const isParent = (at) => rows[at].hasAttribute("aria-expanded");
  const isOpen = (at) => rows[at].getAttribute("aria-expanded") === "true";
  let current = 0;

  const focus = (at) => {
    rows[current].tabIndex = -1;
    current = at;
    rows[at].tabIndex = 0;
    rows[at].focus();
  };

  const collapse = (at) => {
    if (!isParent(at)) return;
    rows[at].setAttribute("aria-expanded", "false");
    for (let below = at + 1; below < ends[at]; below++) rows[below].hidden = true;
  };

  const expand = (at) => {
    if (!isParent(at)) return;
    rows[at].setAttribute("aria-expanded", "true");
    for (let below = at + 1; below < ends[at];) {
      rows[below].hidden = false;
      below = isParent(below) && !isOpen(below) ? ends[below] : below + 1;
    }
  };

  const toggle = (at) => (isOpen(at) ? collapse(at) : expand(at));

  const step = (from, by) => {
    for (let at = from + by; at >= 0 && at < rows.length; at += by) if (!rows[at].hidden) return at;
    return from;
  };

  const right = (at) => {
    if (!isParent(at)) return;
    if (isOpen(at)) focus(at + 1);
    else expand(at);
  };

  const left = (at) => {
    if (isParent(at) && isOpen(at)) collapse(at);
    else if (parents[at] >= 0) focus(parents[at]);
  };

  const siblings = (at) => {
    const first = parents[at] < 0 ? 0 : parents[at] + 1;
    const end = parents[at] < 0 ? rows.length : ends[parents[at]];
    for (let sibling = first; sibling < end; sibling = ends[sibling]) expand(sibling);
  };

  const keys = {
    ArrowDown: (at) => focus(step(at, 1)),
    ArrowUp: (at) => focus(step(at, -1)),
    ArrowRight: right,
    ArrowLeft: left,
    Home: () => focus(0),
    End: () => focus(step(rows.length, -1)),
    Enter: toggle,
    " ": toggle,
    "*": siblings,
  };

  const rowOf = (event) => place.get(event.target.closest('[role="treeitem"]'));

  tree.addEventListener("keydown", (event) => {
    const at = rowOf(event);
    const action = keys[event.key];
    if (at === undefined || action === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    action(at);
  });

  tree.addEventListener("click", (event) => {
    const at = rowOf(event);
    // Whoever marks text to copy it does not want it to go away.
    if (at === undefined || String(document.getSelection()) !== "") return;
    focus(at);
    toggle(at);
  });

  document.getElementById("expand").addEventListener("click", () => {
    for (const row of rows) {
      row.hidden = false;
      if (row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", "true");
    }
  });

  document.getElementById("collapse").addEventListener("click", () => {
    for (let at = 0; at < rows.length; at++) {
      if (isParent(at)) rows[at].setAttribute("aria-expanded", "false");
      rows[at].hidden = at > 0;
    }
    rows[current].tabIndex = -1;
    current = 0;
    rows[0].tabIndex = 0;
  });
})();
