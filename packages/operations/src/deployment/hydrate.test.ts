import { expect, test } from "vitest";
import { hydrate } from "./hydrate.ts";

const variables: Record<string, string> = { region: '"eu"', limits: '{"x":1.0}', name: '"region"' };
const lookup = (name: string) => variables[name];
const of = (value: string, rest = "") => `{"a":${value}${rest}}`;

test.each([
  [
    "a document without any stays as it is",
    '{"x":1.0,"big":1152921504606846977}',
    '{"x":1.0,"big":1152921504606846977}',
  ],
  ["none holds its value", of('{"__prefect_kind":"none","value":2.50}'), of("2.50")],
  ["json holds JSON in a string", of('{"__prefect_kind":"json","value":"[1.0, true]"}'), of("[1.0, true]")],
  ["json holds what is no string as it is", of('{"__prefect_kind":"json","value":[1]}'), of("[1]")],
  ["json without a value is taken out", of('{"__prefect_kind":"json"}', ',"b":1'), '{"b":1}'],
  ["so it is in a list", of('[1,{"__prefect_kind":"json"},2]'), of("[1,2]")],
  ["so is the whole", '{"__prefect_kind":"workspace_variable"}', "{}"],
  [
    "a variable's value comes as it is stored",
    of('{"__prefect_kind":"workspace_variable","variable_name":"limits"}'),
    of('{"x":1.0}'),
  ],
  [
    "kinds hold kinds",
    of(
      '{"__prefect_kind":"workspace_variable","variable_name":{"__prefect_kind":"workspace_variable","variable_name":"name"}}',
    ),
    of('"eu"'),
  ],
  ["a template is rendered", of('{"__prefect_kind":"jinja","template":"{{ 1 + 1 }} of {{ nothing }}"}'), of('"2 of "')],
  ["another kind is its value", of('{"__prefect_kind":"new","value":{"x":1}}'), of('{"x":1}')],
  ["another kind without a value is null", of('{"__prefect_kind":null}'), of("null")],
])("%s", (_, given, wanted) => {
  expect(hydrate(given, lookup)).toEqual({ text: wanted, faults: [], templates: [] });
});

test.each([
  ["none without a value", '{"__prefect_kind":"none"}', "Missing 'value' key in __prefect object"],
  ["jinja without a template", '{"__prefect_kind":"jinja"}', "Missing 'template' key in __prefect object"],
  ["JSON that is none", '{"__prefect_kind":"json","value":"{"}', /^Invalid JSON: /],
  ["a template that does not end", '{"__prefect_kind":"jinja","template":"{{ x"}', /^Invalid jinja: /],
  [
    "a variable that is not there",
    '{"__prefect_kind":"workspace_variable","variable_name":"gone"}',
    "Variable 'gone' not found in workspace.",
  ],
])("%s is told with its place", (_, value, message) => {
  const { faults } = hydrate(`{"a":[0,${value}]}`, lookup);
  expect(faults).toEqual([
    { path: ["a", 1], message: typeof message === "string" ? message : expect.stringMatching(message) },
  ]);
});

test("a template that is not to be rendered is checked, and its place told", () => {
  const hydrated = hydrate(of('{"__prefect_kind":"jinja","template":"{{ x }}"}'), lookup, { rendersTemplates: false });
  expect(hydrated).toEqual({ text: of("null"), faults: [], templates: [["a"]] });
});
