// Applies the chosen theme before the first paint. The choice stays in this browser; nothing about people does.
(() => {
  try {
    const theme = localStorage.getItem("intake-theme");
    if (theme) document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing follows the system's theme.
  }
})();
