// A form with data-passkey asks the device for its passkey when it is sent, and goes on with what
// the device said. Where no passkey can be had, the form stays hidden and the words beside it say so.
const numbersOnly = /^[\d.]+$|^\[/.test(location.hostname); // a passkey belongs to a name
const usable = "parseCreationOptionsFromJSON" in (window.PublicKeyCredential ?? {}) && !numbersOnly;

async function options(form) {
  if (!form.dataset.options) return JSON.parse(form.querySelector("script").textContent);
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

async function ask(form) {
  const { publicKey } = await options(form);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

for (const form of usable ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      form.querySelector("[role=status]").textContent = "Your device gave no passkey. You may try again.";
    }
  });
}
for (const words of usable ? document.querySelectorAll("[data-no-passkey]") : []) words.hidden = true;
