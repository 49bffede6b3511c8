/**
 * One way in which Weir may differ from Prefect's own server. `where` says in which `group mode section` it occurs
 * (`flows cloud clients-etl #1`), `what` how it reads. One that no longer occurs there fails the tests: take it out.
 */
export type Difference = { where: RegExp; what: RegExp; because: string };

/** The differences we know of and keep, each for a reason. */
export const differences: Difference[] = [
  {
    where: /^(flows|deployments|serve|pauses) \w+ clients-(?!forgotten)/,
    what: /^run\.created_by: peer null, weir "USER"$/,
    because: "Weir knows whose key it was; Prefect's own server has no users",
  },
  {
    where: /^cli \w+ (flow-run|deployment) inspect$/,
    what: /^created_by: peer null, weir \{"id":"<id>","type":"USER",/,
    because: "Weir knows whose key it was; Prefect's own server has no users",
  },
  {
    where: /^cli \w+ deployment inspect$/,
    what: /^updated_by: peer null, weir \{"id":"<id>","type":"USER",/,
    because: "Weir knows whose key it was; Prefect's own server has no users",
  },
  {
    where: /^cli \w+ deployment inspect$/,
    what: /^version_info: peer null, weir \{"type":"prefect:simple","version":"7"\}$/,
    because: "Weir keeps the version that the client sends, as Cloud does; Prefect's own server drops it",
  },
  {
    where: /^cli \w+ deployment inspect$/,
    what: /^version_id: peer null, weir "<id>"$/,
    because: "Weir keeps versions of deployments, as Cloud does",
  },
  {
    where: /^flows \w+ clients-(flaky|failing|middle) #1$/,
    what: /^run\.history\[2\]\.details: only weir has "transition_id"$/,
    because: "the retry that answers a proposal carries its id, so that the same proposal sent twice is known as such",
  },
  {
    where: /^flows \w+ clients-eldest #1$/,
    what: /^tasks\.clients-middle-0\[0\]\.history\[3\]\.details: only weir has "transition_id"$/,
    because: "the same of a subflow, whose states its task run in the parent has",
  },
  {
    where: /^deployments \w+ clients-(report|doomed|sleeper) #1$/,
    what: /^logs: only weir has "INFO prefect\.flow_runs\.worker: Running on worker id: <id>\. See worker logs here: <url>"$/,
    because: "a worker writes this where the server gave it an id, which only Cloud and Weir do",
  },
  {
    where: /^cli \w+ work-pool create, unknown type$/,
    what: /^: only (peer|weir) has "Unknown work pool type 'no-such-type'\. Please choose from /,
    because: "Weir lists the types whose runs a server starts (push and managed) too, as Cloud does",
  },
  {
    where: /^pauses \w+ answers$/,
    what: /^\[[01]\]\.details\.type: peer "abort_details", weir "reject_details"$/,
    because: "an answer that does not fit is refused, and the details say so: clients tell them apart by their type",
  },
  {
    where: /^updates \w+ (work-pool|deployment)$/,
    what: /^\[\d\]\.updates\.(base_job_template|infra_overrides)\.(from|to): peer \{.*\}, weir "\*{8}"$/,
    because: "credentials are kept in these, and events outlive them (docs/decisions/0060)",
  },
];
