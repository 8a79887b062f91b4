// What core's forms say in onclick and onchange attributes, which the security policy does not run.
(() => {
  "use strict";
  const by = (id) => document.getElementById(id);
  const check = (id) => { const box = by(id); if (box) box.checked = true; };
  const focus = (id) => { const field = by(id); if (field) field.focus(); };

  const clicks = {
    "#resource-upload-button": () => { check("resource-url-upload"); const file = by("field-resource-upload"); if (file) file.click(); },
    "#resource-link-button": () => { check("resource-url-link"); focus("field-resource-url"); },
    "#refit-button": () => { if (typeof window.fitColText === "function") window.fitColText(); },
    ".resource-upload-field .btn-remove-url": (button) => {
      // The button beside a file that is there clears it; every other one goes back to the choice.
      if (button.closest(".upload-type")?.querySelector("input[readonly]")) {
        check("field-clear-upload");
        focus("field-resource-upload");
        return;
      }
      check("resource-url-none");
      if (by("resource-upload-button")) focus("resource-upload-button"); else focus("resource-link-button");
      const link = button.closest(".select-type")?.querySelector("#field-resource-url");
      if (link) link.value = "";
      const file = button.closest(".select-type")?.querySelector("#field-resource-upload");
      if (file) file.value = "";
    },
  };
  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const found = event.target.closest(selector);
      if (found) act(found);
    }
  });

  const revoke = () => {
    const button = by("revoke-tokens-button");
    if (button) button.disabled = !document.querySelector("[name=token]:checked");
  };
  document.addEventListener("change", (event) => { if (event.target.matches("[name=token]")) revoke(); });
  document.addEventListener("htmx:afterSettle", revoke);
})();
