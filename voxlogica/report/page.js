"use strict";
// What each page does, whatever is on it: light or dark by choice, and folded parts open for print.
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const named = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.hidden = false;
  named();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    named();
  });
  // An address with # leads into what is folded, too.
  const open = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = found && found.querySelector("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", open);
  open();
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("section > details")) folded.open = true;
  });
})();
