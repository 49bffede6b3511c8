/**
 * How an event's JSON text is stored: without what its columns say, and with one code for each phrase that most events share.
 * Codes are control characters, which JSON has to escape: in a document that came over the wire there are none, so a text
 * without them (those of older rows) is read as it stands. PostgreSQL can put it together too, for filters that look inside.
 */

/** What is needed to put a stored body together again. `occurred` is ISO text. */
export type PackedEvent = { id: string; occurred: string; name: string; resource_id: string; body: string };

type Step = { code: string; sql: string; value(event: Omit<PackedEvent, "body">): string | undefined };

const UUID_LAST = /[0-9a-f]{8}-[0-9a-f-]{27}$/;
const MICROS_TEXT = `to_char(e.occurred at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;

/**
 * Parts of the row that stand in a body, each with its code, in the order in which they are taken out; they are put back in
 * the reverse order, so that it does not matter what they are. The last is the hour.
 */
const steps: readonly Step[] = [
  { code: "\x01", sql: MICROS_TEXT, value: ({ occurred }) => microsText(occurred) },
  { code: "\x02", sql: "e.resource_id", value: (event) => event.resource_id },
  { code: "\x03", sql: "right(e.resource_id, 36)", value: (event) => UUID_LAST.exec(event.resource_id)?.[0] },
  { code: "\x04", sql: "e.id::text", value: ({ id }) => id },
  { code: "\x05", sql: "e.name", value: ({ name }) => name },
  { code: "\x06", sql: `left(${MICROS_TEXT}, 14)`, value: ({ occurred }) => microsText(occurred).slice(0, 14) },
];

/** Codes of one character are for the phrases that come first, in most events; behind the last one stands another character. */
const SHORT = "\x07\x08\x0b\x0c\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";
const LONG = "\x0e";
const FIRST_LONG = 0x30;

/** Rows are stored by these: more may be added at the end, none may change or go. */
const phrases: readonly string[] = [
  '{"occurred":"\x01Z","event":"\x05","resource":{"prefect.resource.id":"\x02","prefect.resource.name":"',
  '","prefect.run-count":"',
  '","prefect.state-message":"","prefect.state-name":"',
  '","prefect.state-timestamp":"\x01+00:00","prefect.state-type":"',
  '","prefect.orchestration":"client"},"related":[{"prefect.resource.id":"prefect.flow-run.',
  '","prefect.resource.role":"flow-run","prefect.resource.name":"',
  '"},{"prefect.resource.id":"prefect.flow.',
  '","prefect.resource.role":"flow","prefect.resource.name":"',
  '"}],"payload":{"intended":{"from":"',
  '","to":"',
  '"},"initial_state":{"type":"',
  '","message":"","state_details":{},"data":null},"task_run":{"name":"',
  '","message":"","state_details":{}},"validated_state":{"type":"',
  '","name":"',
  '","task_key":"',
  '","dynamic_key":"\x03","empirical_policy":{"max_retries":0,"retry_delay_seconds":0.0,"retries":0,"retry_delay":0},"tags":[],"labels":{},"task_inputs":{',
  '},"run_count":',
  ',"flow_run_run_count":',
  ',"expected_start_time":"\x01Z"',
  ',"start_time":"',
  ',"total_run_time":0.0}},"id":"\x04","follows":"',
  ',"end_time":"\x01Z"',
  ',"total_run_time":0.0}},"id":"\x04","follows":null}',
  '"}],"payload":{"intended":{"from":null,"to":"',
  '"},"initial_state":null,"validated_state":{"type":"',
  '","message":"","state_details":{"untrackable_result":true},"data":null},"task_run":{"name":"',
  '{"id":"\x04","occurred":"\x01Z","event":"\x05","resource":{"prefect.resource.id":"\x02","prefect.resource.name":"',
  '","prefect.state-timestamp":"\x01Z","prefect.state-type":"',
  '"},"related":[{"prefect.resource.id":"prefect.',
  '"},{"prefect.resource.id":"prefect.',
  '","prefect.resource.role":"',
  '","prefect.resource.name":"',
  '","message":""},"validated_state":{"type":"',
  '","message":""}},"follows":"',
  '"},"validated_state":{"type":"',
  '"}},"follows":"',
  '","message":"',
  '","state_details":{',
  '"untrackable_result":true',
  '"untrackable_result":false',
  '},"data":null},"task_run":{"name":"',
  '},"id":"\x04","follows":"',
  '},"id":"\x04","follows":null}',
  '","prefect.state-message":"',
  '","prefect.state-name":"',
  '","dynamic_key":"\x03","empirical_policy":{',
  '"max_retries":0,"retry_delay_seconds":0.0,"retries":0,"retry_delay":0',
  '"pause_keys":[],"resuming":false,"retry_type":null',
  '"input_type":"task_run","id":"',
  '},"tags":[],"labels":{},"task_inputs":{',
  ',"expected_start_time":"',
  ',"end_time":"',
  ',"total_run_time":',
  '"prefect.resource.id":"prefect.',
  '"prefect.resource.name":"',
  '"payload":{',
  ',"data":null',
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "Pending",
  "Running",
  "Completed",
  "SCHEDULED",
  "Scheduled",
  "FAILED",
  "Failed",
];

const codeOf = new Map(phrases.map((phrase, index) => [phrase, code(index)]));
const phraseOf = new Map([...codeOf].map(([phrase, code]) => [code, phrase]));
/** In falling order, a longer phrase stands before the one that it begins with, and alike ones together: so V8 finds them fast. */
const anyPhrase = new RegExp(phrases.toSorted().reverse().map(escaped).join("|"), "g");
const anyCode = new RegExp(`[${SHORT}]|${LONG}.`, "g");

function code(index: number): string {
  return SHORT[index] ?? LONG + String.fromCharCode(FIRST_LONG + index - SHORT.length);
}

/** The text to store for an event whose `body` is its JSON text. */
export function packBody({ body, ...event }: PackedEvent): string {
  let text = body;
  for (const { code, value } of steps) {
    const known = value(event);
    if (known) text = text.replaceAll(known, code);
  }
  return text.replace(anyPhrase, (phrase) => codeOf.get(phrase) ?? phrase);
}

/** The JSON text of a stored event, as it was sent but for blanks at its end. */
export function unpackBody({ body, ...event }: PackedEvent): string {
  let text = body.replace(anyCode, (code) => phraseOf.get(code) ?? code);
  for (const { code, value } of steps.toReversed()) {
    if (text.includes(code)) text = text.replaceAll(code, () => value(event) ?? code);
  }
  // Older rows are padded with blanks.
  return text.replace(/ +$/, "");
}

/** As `unpackBody`, in SQL: the text of the event under the alias `e`. What makes it long comes last: each step reads all of it. */
export const bodyText: string = [
  ...[...phraseOf].toReversed().map(([code, phrase]) => [quoted(code), quoted(phrase)] as const),
  ...steps.toReversed().map(({ code, sql }) => [quoted(code), sql] as const),
].reduce((text, [code, value]) => `replace(${text}, ${code}, ${value})`, "rtrim(e.body)");

/** Columns of an event that `unpackBody` needs, under the alias `e`. */
export const packedColumns = "e.id, e.occurred, e.name, e.resource_id, e.body";

function quoted(text: string): string {
  const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the codes.
  return `E'${text.replaceAll(/[\x01-\x1f'\\]/g, hex)}'`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** An instant with six digits of its second's fraction, and no zone: as clients write it. */
function microsText(iso: string): string {
  return iso.length === 20 ? `${iso.slice(0, 19)}.000000` : iso.slice(0, -1).padEnd(26, "0");
}
