// Runs before the first paint, so that a chosen theme does not flash. A file of its own: inline scripts are forbidden.
try {
  const theme = localStorage.getItem("colloquy.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme stays.
}
