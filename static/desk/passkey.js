// On submit, a form with data-passkey asks the device for its passkey and then sends the device's
// answer. Where passkeys do not work, the form stays hidden and the note beside it says why.
const isIpAddress = /^[\d.]+$|^\[/.test(location.hostname); // passkeys belong to a domain name
const isSupported = "parseCreationOptionsFromJSON" in (window.PublicKeyCredential ?? {}) && !isIpAddress;

async function fetchOptions(form) {
  if (!form.dataset.options) return JSON.parse(form.querySelector("script").textContent);
  const response = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  return (await response.json()).request_options;
}

async function requestCredential(form) {
  const { publicKey } = await fetchOptions(form);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

for (const form of isSupported ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      form.elements.credential.value = JSON.stringify(await requestCredential(form));
      form.submit();
    } catch {
      form.querySelector("[role=status]").textContent = "Your device did not send a passkey. You can try again.";
    }
  });
}
for (const note of isSupported ? document.querySelectorAll("[data-no-passkey]") : []) note.hidden = true;
