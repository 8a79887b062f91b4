// Small conveniences of reading pages. Every page works without this file.
(() => {
  "use strict";

  // Copy buttons appear only where copying works.
  const copy = (button) => {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    const words = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.innerText.trim());
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2500);
    });
  };
  document.querySelectorAll("[data-copy]").forEach(copy);

  // The language list closes with Escape and when focus or a click leaves it.
  const languages = document.querySelector(".sc-lang");
  if (languages) {
    const close = (event) => { if (!languages.contains(event.target)) languages.open = false; };
    document.addEventListener("click", close);
    document.addEventListener("focusin", close);
    languages.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && languages.open) {
        languages.open = false;
        languages.querySelector("summary").focus();
      }
    });
  }

  // After a form came back with errors, the summary is read first.
  const errors = document.getElementById("error-summary");
  if (errors) errors.focus();
})();
