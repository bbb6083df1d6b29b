/* "Keep the screen on": a button on exercise pages, where the browser can do it. */
const place = document.querySelector("[data-keep-screen-on]");

if (place && "wakeLock" in navigator) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-quiet";
  place.append(button);
  let lock = null;

  const show = () => {
    button.textContent = lock ? "The screen stays on" : "Keep the screen on";
    button.setAttribute("aria-pressed", String(Boolean(lock)));
  };
  const keep = async () => {
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    lock?.addEventListener("release", () => { lock = null; show(); });
    show();
  };
  button.addEventListener("click", () => (lock ? lock.release() : keep()));
  show();
}
