type Fault = { keyword: string; error: string };

/** A fault in the words that Python's validator uses: clients' users know them. */
export function inWords({ keyword, error }: Fault, found: unknown): string {
  const quoted = [...error.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text);
  switch (keyword) {
    case "type":
      return `${repr(found)} is not of type ${quoted
        .slice(1)
        .map((type) => `'${type}'`)
        .join(", ")}`;
    case "required":
      return `'${quoted.at(-1)}' is a required property`;
    case "enum":
      return `${repr(found)} is not one of the values that are allowed`;
    case "false":
      return `Additional properties are not allowed (${repr(found)} was unexpected)`;
    case "anyOf":
      return `${repr(found)} is not valid under any of the given schemas`;
    default:
      return error;
  }
}

/** A value as Python prints it, cut short. */
function repr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  const text = typeof value === "string" ? `'${value}'` : JSON.stringify(value);
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
