// Sets the colours that were chosen before anything is drawn.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("quiver.theme");
  } catch {
    // Without a store the system's colours are taken.
  }
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
