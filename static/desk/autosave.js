/* Autosave of a form with drafts (templates/admin/editor.html): on this device at every key, and as a draft on
   the server at most two seconds later. The answer to each draft brings the preview and the list of findings, if
   the form has them, up to date. */
const panel = document.querySelector("[data-window]");
const form = panel?.closest("form");
const SEND_AFTER = 1000; // milliseconds from the first unsent key to sending it
const PING_EVERY = 30000; // milliseconds; tells the server that the row is still open here
const NOT_TYPED = ["at", "version", "window", "continued", "_draft", "_later", "_publish"];

if (form) {
  const { window: windowKey, user, kind, row, keep: draftUrl, page: previewUrl, login: loginUrl } = panel.dataset;
  const keyPrefix = `typed:${user}:${kind}:${row || "new"}:`; // with the user: others may sign in on this device
  const storageKey = keyPrefix + windowKey;
  const version = form.elements.version;
  const status = form.querySelector("[data-kept]");
  const element = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const showStatus = (text) => { status.textContent = text; };

  const formData = () => {
    const data = new URLSearchParams(new FormData(form));
    data.delete("csrfmiddlewaretoken");
    data.set("at", Date.now());
    return data;
  };
  /* What was typed, in a form that can be compared. */
  const comparable = (data) => {
    const typed = new URLSearchParams(data);
    for (const name of NOT_TYPED) typed.delete(name);
    typed.sort();
    return typed.toString();
  };
  const csrfToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  const initialData = comparable(formData());

  /* Save on this device. When its storage is full or forbidden, the draft on the server remains. */
  const saveLocally = (isSubmitted) => {
    const entry = { at: Date.now(), version: version.value, sent: isSubmitted, data: formData().toString() };
    try {
      localStorage.setItem(storageKey, JSON.stringify(entry));
    } catch { /* see above */ }
  };

  /* Save on the server. */
  let timer = 0;
  let isSending = false;
  let sendAgain = false;
  let submitAfterSending = null; // a submit waits for a draft on its way, so that they arrive in this order

  const post = async (data, isClosing = false) => {
    data.set(kind, row);
    if (isClosing) data.set("closed", "1");
    return fetch(draftUrl, {
      method: "POST", body: data, redirect: "manual", keepalive: isClosing,
      headers: { "X-CSRFToken": csrfToken() }, signal: AbortSignal.timeout(10000),
    });
  };
  const showAnswer = (answer) => {
    const notice = form.querySelector("[data-elsewhere]");
    const isOutdated = row && answer.version > Number(version.value);
    const places = answer.elsewhere.join(" and ");
    const sentences = [
      places && `This ${kind} is also open ${places}. `,
      isOutdated && "It was saved since you opened it: when you save, you will see both versions.",
    ];
    const text = sentences.filter(Boolean).join("");
    notice.hidden = !text;
    if (notice.textContent !== text) notice.textContent = text;
    if (answer.findings) panel.querySelector("[data-findings]").innerHTML = answer.findings;
  };
  const showSignedOut = () => {
    const link = element("a", { href: loginUrl, target: "_blank", textContent: "Sign in again" });
    status.replaceChildren("You are signed out. What you type is kept on this device. ", link);
  };
  const sendDraft = async () => {
    timer = 0;
    if (isSending) { sendAgain = true; return; }
    isSending = true;
    try {
      const response = await post(formData());
      if (response.type === "opaqueredirect") showSignedOut();
      else if (response.ok) {
        const answer = await response.json();
        showStatus(`Kept as a draft at ${answer.at}`);
        showAnswer(answer);
        await updatePreview();
      } else showStatus("The site did not accept it. What you type is kept on this device.");
    } catch {
      showStatus("No connection. What you type is kept on this device.");
      sendAgain = true;
      setTimeout(scheduleDraft, SEND_AFTER * 3);
    }
    isSending = false;
    if (submitAfterSending) submitAfterSending();
    else if (sendAgain) { sendAgain = false; scheduleDraft(); }
  };
  const scheduleDraft = () => { timer ||= setTimeout(sendDraft, SEND_AFTER); };
  const onChange = () => { saveLocally(false); scheduleDraft(); updatePublishButton(); };

  form.addEventListener("input", onChange);
  form.addEventListener("change", onChange);
  form.addEventListener("formset:removed", onChange);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (isSending && !submitAfterSending) {
      event.preventDefault();
      submitAfterSending = () => form.requestSubmit(event.submitter);
      return;
    }
    saveLocally(true);
    // Signing in again in another window has changed the token.
    form.elements.csrfmiddlewaretoken.value = csrfToken() || form.elements.csrfmiddlewaretoken.value;
  });
  const ping = async () => {
    const response = await post(new URLSearchParams()).catch(() => null);
    if (response?.ok) showAnswer(await response.json());
  };
  ping();
  setInterval(ping, PING_EVERY);
  addEventListener("pagehide", () => { post(timer ? formData() : new URLSearchParams(), true).catch(() => null); });

  /* The label of the publish button depends on the publication date. */
  const publishButton = form.querySelector("[data-publish]");
  const updatePublishButton = () => {
    if (!publishButton) return;
    const [day, time] = ["published_at_0", "published_at_1"].map((name) => form.elements[name]?.value ?? "");
    // Dates are in the site's time zone, not the device's; Django's admin provides its UTC offset.
    const offset = Number(document.body.dataset.adminUtcOffset ?? 0) * 1000;
    const hour = (time || "0:00").replace(/\s*([ap])m$/i, " $1m").replace(/^(\d{1,2})(?= )/, "$1:00");
    const date = day && Date.parse(`${day.replaceAll("-", "/")} ${hour} UTC`) - offset;
    if (date > Date.now()) publishButton.textContent = "Schedule";
    else publishButton.textContent = panel.dataset.live ? `Update the live ${kind}` : "Publish now";
  };
  updatePublishButton();

  /* The preview beside the form, which only some forms have. */
  const preview = form.querySelector("[data-preview]");
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-same-origin allow-popups");
  frame.title = "As readers will see it";
  const hasText = Boolean(panel.dataset.begun);
  if (hasText) frame.src = `${previewUrl}?${kind}=${row}`;
  if (preview) {
    preview.hidden = !hasText;
    preview.append(frame);
  }
  const updatePreview = async () => {
    if (!preview) return;
    const current = frame.contentDocument;
    const response = await fetch(previewUrl);
    if (!response.ok) return;
    preview.hidden = false;
    const updated = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!current?.querySelector("main")) { frame.src = previewUrl; return; }
    // Replace only the text, so that the preview keeps its scroll position.
    current.querySelector("main").replaceWith(current.importNode(updated.querySelector("main"), true));
  };

  /* Offer what a closed tab or a lost connection left on this device, and remove what was saved since. */
  const unsaved = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(keyPrefix)) continue;
    const entry = JSON.parse(localStorage.getItem(key));
    const draftOffer = form.querySelector(`[data-offer="${key.slice(keyPrefix.length)}"]`);
    const isSaved = row ? Number(entry.version) < Number(version.value) : !draftOffer;
    const draftIsNewer = Number(draftOffer?.dataset.at) >= entry.at; // both by the clock of this device
    if ((entry.sent && isSaved) || draftIsNewer || comparable(entry.data) === initialData) localStorage.removeItem(key);
    else { unsaved.push([key, entry]); draftOffer?.remove(); }
  }
  const offerRecovery = (key, entry) => {
    const recovery = form.querySelector("[data-recover]");
    const format = { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" };
    const at = new Date(entry.at).toLocaleString("en-US", format);
    const accept = element("button", { type: "button", textContent: "Continue with it" });
    const discard = element("button", { type: "button", textContent: "Throw it away" });
    recovery.append(`This device kept what you typed here on ${at}. `, accept, " ", discard);
    recovery.hidden = false;
    accept.addEventListener("click", async () => {
      const data = new URLSearchParams(entry.data);
      if (!data.get("continued")) data.set("continued", key.slice(keyPrefix.length)); // the lost window's draft
      const response = await post(data).catch(() => null);
      if (!response?.ok) { showStatus("The site does not respond. What you typed stays on this device."); return; }
      localStorage.removeItem(key);
      location.search = `?draft=${windowKey}`;
    });
    discard.addEventListener("click", () => { localStorage.removeItem(key); recovery.hidden = true; });
  };
  const newest = unsaved.sort(([, a], [, b]) => b.at - a.at)[0];
  if (newest) offerRecovery(...newest);

  /* A finding links to its line in the text, or to a field that may be inside a closed <details>. */
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#id_']");
    const field = link && document.querySelector(link.hash);
    if (!field) return;
    event.preventDefault();
    for (let parent = field; parent; parent = parent.parentElement) {
      if (parent.tagName === "DETAILS") parent.open = true;
    }
    (field.matches(":is(input, select, textarea)") ? field : field.querySelector("input") ?? field).focus();
    const line = Number(link.dataset.line);
    if (!line) return;
    const lines = field.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    field.setSelectionRange(start, start + lines[line - 1].length);
    field.scrollTop = ((line - 3) / lines.length) * field.scrollHeight;
  });
}
