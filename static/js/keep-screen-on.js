/* Adds a "Keep the screen on" button to exercise pages, in browsers that support it. */
const container = document.querySelector("[data-keep-screen-on]");

if (container && "wakeLock" in navigator) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-quiet";
  container.append(button);
  let lock = null;

  const update = () => {
    button.textContent = lock ? "The screen stays on" : "Keep the screen on";
    button.setAttribute("aria-pressed", String(Boolean(lock)));
  };
  const keepOn = async () => {
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    lock?.addEventListener("release", () => { lock = null; update(); });
    update();
  };
  button.addEventListener("click", () => (lock ? lock.release() : keepOn()));
  update();
}
