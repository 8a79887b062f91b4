// Core's views expect global variables from a script in the page, which the security policy does not run. They stand in a JSON block instead.
(() => {
  "use strict";
  const block = document.querySelector("script[data-globals]");
  if (block) Object.assign(window, JSON.parse(block.textContent));
})();
