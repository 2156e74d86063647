// Forms that carry a passkey's answer: `data-passkey` is add, use or enter. What the browser is asked with is in
// `#passkey-options`, or for `enter` (nobody is known yet) fetched when the button is pressed.

// Passkeys belong to a name: at an address of numbers there are none.
const hasName = !/^[\d.]+$|^\[/.test(location.hostname);
const canUse = hasName && window.isSecureContext && "PublicKeyCredential" in window;
for (const text of document.querySelectorAll("[data-passkey-unavailable]")) text.hidden = canUse;

async function optionsOf(form) {
  if (form.dataset.passkey !== "enter") {
    return JSON.parse(document.getElementById("passkey-options").textContent);
  }
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`no options: ${response.status}`);
  return response.json();
}

async function ask(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey !== "add") return window.webauthnJSON.get(options.request_options);
  // A passkey signs in by itself: it stays in the device, and the device makes sure who holds it.
  const creation = options.creation_options;
  creation.publicKey.authenticatorSelection = {
    ...creation.publicKey.authenticatorSelection,
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  };
  return window.webauthnJSON.create(creation);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !canUse;
  const problem = form.querySelector("[data-passkey-problem]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    problem.hidden = true;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch (error) {
      problem.textContent = problem.dataset.said;
      problem.hidden = false;
      button.disabled = false;
    }
  });
}
