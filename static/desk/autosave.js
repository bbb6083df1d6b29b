/* Loses nothing of what is typed in the article's form: on this device at once, in a draft on the
   server at most two seconds later. With each draft kept, the page beside the form and the list of
   what to look at are brought up to date. */
const place = document.querySelector("[data-window]");
const form = place?.closest("form");
const EVERY = 1000; // milliseconds from the first unsent key to sending it
const STILL_OPEN = 30000; // milliseconds

if (form) {
  const { window: key, user, article, keep, page, login } = place.dataset;
  const mine = `typed:${user}:${article || "new"}:`; // others may sign in on this device
  const here = mine + key;
  const version = form.elements.version;
  const said = form.querySelector("[data-kept]");
  const say = (words) => { said.textContent = words; };

  const typed = () => {
    const data = new URLSearchParams(new FormData(form));
    data.delete("csrfmiddlewaretoken");
    data.set("at", Date.now());
    return data;
  };
  const words = (data) => {
    const kept = new URLSearchParams(data);
    for (const name of ["at", "version", "window", "continued", "_draft", "_later", "_publish"]) kept.delete(name);
    kept.sort();
    return kept.toString();
  };
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  const shown = words(typed());

  /* On this device. A full or forbidden storage leaves the draft on the server. */
  const store = (sent) => {
    try {
      localStorage.setItem(here, JSON.stringify({ at: Date.now(), version: version.value, sent, data: typed().toString() }));
    } catch { /* nothing to be done */ }
  };

  /* On the server. */
  let timer = 0;
  let busy = false;
  let again = false;
  let waiting = null; // a save that began while a draft was on its way: in this order they arrive

  const tell = async (data, beacon = false) => {
    data.set("article", article);
    if (beacon) data.set("closed", "1");
    return fetch(keep, {
      method: "POST", body: data, redirect: "manual", keepalive: beacon,
      headers: { "X-CSRFToken": token() }, signal: AbortSignal.timeout(10000),
    });
  };
  const heard = (answer) => {
    const elsewhere = form.querySelector("[data-elsewhere]");
    const newer = article && answer.version > Number(version.value);
    const open = answer.elsewhere.length ? `This article is also open ${answer.elsewhere.join(" and ")}. ` : "";
    const saved = newer ? "It was saved since you opened it: when you save, you will see both versions." : "";
    elsewhere.hidden = !open && !saved;
    if (elsewhere.textContent !== open + saved) elsewhere.textContent = open + saved;
    if (answer.findings) place.querySelector("[data-findings]").innerHTML = answer.findings;
  };
  const send = async () => {
    timer = 0;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const response = await tell(typed());
      if (response.type === "opaqueredirect") {
        say("");
        const link = Object.assign(document.createElement("a"), { href: login, target: "_blank", textContent: "Sign in again" });
        said.append("You are signed out. What you type is kept on this device. ", link);
      } else if (response.ok) {
        const answer = await response.json();
        say(`Kept as a draft at ${answer.at}`);
        heard(answer);
        await show();
      } else {
        say("Kept on this device; the site did not take it.");
      }
    } catch {
      say("No connection. What you type is kept on this device.");
      again = true;
      setTimeout(later, EVERY * 3);
    }
    busy = false;
    if (waiting) waiting();
    else if (again) { again = false; later(); }
  };
  const later = () => { timer ||= setTimeout(send, EVERY); };
  const changed = () => { store(false); later(); button(); };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("formset:removed", changed);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (busy && !waiting) {
      event.preventDefault();
      waiting = () => form.requestSubmit(event.submitter);
      return;
    }
    store(true);
    // Signing in again in another window has changed the token.
    form.elements.csrfmiddlewaretoken.value = token() || form.elements.csrfmiddlewaretoken.value;
  });
  const open = async () => {
    const response = await tell(new URLSearchParams()).catch(() => null);
    if (response?.ok) heard(await response.json());
  };
  open();
  setInterval(open, STILL_OPEN);
  addEventListener("pagehide", () => { tell(timer ? typed() : new URLSearchParams(), true).catch(() => null); });

  /* The button says what it will do. */
  const publish = form.querySelector("[data-publish]");
  const button = () => {
    if (!publish) return;
    const [day, time] = ["published_at_0", "published_at_1"].map((name) => form.elements[name]?.value ?? "");
    // The site's clock counts, wherever she is: the stock desk tells how far it is from UTC.
    const offset = Number(document.body.dataset.adminUtcOffset ?? 0) * 1000;
    const hour = (time || "0:00").replace(/\s*([ap])m$/i, " $1m").replace(/^(\d{1,2})(?= )/, "$1:00");
    const date = day && Date.parse(`${day.replaceAll("-", "/")} ${hour} UTC`) - offset;
    if (date > Date.now()) publish.textContent = "Schedule";
    else publish.textContent = place.dataset.live ? "Update the live article" : "Publish now";
  };
  button();

  /* The page beside the form. */
  const preview = form.querySelector("[data-preview]");
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-same-origin allow-popups");
  frame.title = "As readers will see it";
  const begun = Boolean(place.dataset.begun);
  if (begun) frame.src = `${page}?article=${article}`;
  preview.hidden = !begun;
  preview.append(frame);
  const show = async () => {
    const inside = frame.contentDocument;
    const response = await fetch(page);
    if (!response.ok) return;
    preview.hidden = false;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!inside?.querySelector("main")) { frame.src = page; return; }
    // Only the text is exchanged, so that the page stays where she has scrolled to.
    inside.querySelector("main").replaceWith(inside.importNode(fresh.querySelector("main"), true));
  };

  /* What a closed tab or a lost connection left on this device. */
  const left = [];
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(mine)) continue;
    const kept = JSON.parse(localStorage.getItem(name));
    const offer = form.querySelector(`[data-offer="${name.slice(mine.length)}"]`);
    const saved = article ? Number(kept.version) < Number(version.value) : !offer;
    const older = Number(offer?.dataset.at) >= kept.at; // both by the clock of this device
    if ((kept.sent && saved) || older || words(kept.data) === shown) localStorage.removeItem(name);
    else { left.push([name, kept]); offer?.remove(); }
  }
  const recover = form.querySelector("[data-recover]");
  const last = left.sort(([, a], [, b]) => b.at - a.at)[0];
  if (last) {
    const [name, kept] = last;
    const at = new Date(kept.at).toLocaleString("en-US", { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" });
    const take = Object.assign(document.createElement("button"), { type: "button", textContent: "Continue with it" });
    const drop = Object.assign(document.createElement("button"), { type: "button", textContent: "Throw it away" });
    recover.append(`This device kept what you typed here on ${at}. `, take, " ", drop);
    recover.hidden = false;
    take.addEventListener("click", async () => {
      const response = await tell(new URLSearchParams(kept.data)).catch(() => null);
      if (!response?.ok) { say("The site does not answer. It stays on this device."); return; }
      localStorage.removeItem(name);
      location.search = `?draft=${key}`;
    });
    drop.addEventListener("click", () => { localStorage.removeItem(name); recover.hidden = true; });
  }

  /* From a finding to its place in the text, or to a field that is folded away. */
  place.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#id_']");
    const field = link && document.querySelector(link.hash);
    if (!field) return;
    event.preventDefault();
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    (field.matches(":is(input, select, textarea)") ? field : field.querySelector("input") ?? field).focus();
    const line = Number(link.dataset.line);
    if (!line) return;
    const lines = field.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    field.setSelectionRange(start, start + lines[line - 1].length);
    field.scrollTop = ((line - 3) / lines.length) * field.scrollHeight;
  });
}
