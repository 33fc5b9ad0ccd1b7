// The two calls that an upload begins with: make the batch, and announce its files by name, size and time.

async function call(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": window.intake.csrfToken() },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error("Connection lost. Nothing is lost; press the button again when it is back.");
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const failure = new Error(said.detail ?? "The server did not answer as it should. Try again in a moment.");
  failure.isSignedOut = answer.status === 401 || answer.status === 403;
  throw failure;
}

/** The clinic's wall clock as a moment: the zone's own offset at that time, whatever zone this computer is in. */
function momentIn(zone, wall) {
  const asUtc = Date.parse(`${wall}Z`);
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(asUtc);
  return new Date(asUtc - (Date.parse(`${shown.replace(" ", "T")}Z`) - asUtc)).toISOString();
}

function description(form, zone) {
  const said = new FormData(form);
  const start = said.get("start");
  return {
    source: said.get("source"),
    patient_id: form.elements.patient.dataset.patient ?? null,
    processing_type: said.get("processing_type"),
    priority: said.get("priority"),
    start: start === "scheduled" ? momentIn(zone, said.get("scheduled_for")) : start,
    notes: said.get("notes"),
    encounter: said.get("encounter"),
    template: said.get("template"),
    join_scans: said.has("join_scans"),
  };
}

/** The new batch, from what the options say. */
function makeBatch(form, zone) {
  return call(form.dataset.batches, description(form, zone));
}

/** Where each file's bytes go, in the order of `entries`; the same call starts an upload and resumes one. */
async function announce(batch, entries) {
  return (await call(`/api/v1/batches/${batch}/manifest`, { entries })).entries;
}

Object.assign(window.intake, { makeBatch, announce });
