/* Select2 names its field after the chosen row only, and tells only jQuery what was chosen: adds the
   field's label, and tells the form, so that autosave hears of it. */
const { jQuery } = window.django;

jQuery(() => { // after Django's autocomplete.js
  for (const select of document.querySelectorAll(".admin-autocomplete")) {
    const [label] = select.labels;
    const shown = select.parentElement.querySelector(".select2-selection");
    if (!label || !shown) continue;
    label.id = `${select.id}-label`;
    shown.firstElementChild.setAttribute("aria-labelledby", label.id);
    shown.setAttribute("aria-labelledby", `${label.id} ${shown.getAttribute("aria-labelledby")}`);
  }
});
jQuery(document).on("change.select2", ".admin-autocomplete", ({ target }) => {
  target.dispatchEvent(new Event("input", { bubbles: true }));
});
