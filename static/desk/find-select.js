/* Select2 tells only jQuery what was chosen. Tells the form, too, so that autosave hears of it. */
const { jQuery } = window.django;

jQuery(document).on("change.select2", ".admin-autocomplete", ({ target }) => {
  target.dispatchEvent(new Event("input", { bubbles: true }));
});
