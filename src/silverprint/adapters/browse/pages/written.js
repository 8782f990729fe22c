// What was chosen became lines: the pool opens with nothing chosen, however one comes back to it.
const kept = `pool-${document.querySelector("main").dataset.session}`;
const before = sessionStorage.getItem(kept);
if (before) sessionStorage.setItem(kept, JSON.stringify({ ...JSON.parse(before), chosen: [] }));
