import type { Fields } from "../words/words.ts";
import type { Asked, Flow, Json } from "./flow.ts";

/** One answer of a session, and whether the caller gave it or it settled itself. */
interface Answer {
  readonly key: string;
  readonly value: Json;
  readonly given: boolean;
}

/** What a session is between two turns: its answers, and what was last asked. */
export interface State {
  readonly flow: string;
  readonly shape: string;
  readonly answers: readonly Answer[];
  /** Null once the call has ended. */
  readonly asked: Asked | null;
  /** Which page of a long list is shown, from 0. */
  readonly page: number;
  /** How many acts were run, so that each has a name of its own. */
  readonly acts: number;
  /** The account the call speaks for and its language, once chosen in it. */
  readonly as: string | null;
  readonly speaks: string | null;
  /** A call that broke off, offered to be taken up again: nothing else is asked meanwhile. */
  readonly offered: Broken | null;
}

/** A call that broke off: its session, and how it was left. */
export interface Broken {
  readonly session_id: string;
  readonly state: State;
}

export interface Hint {
  readonly name: string;
  readonly fields: Fields;
}

export interface Screen {
  /** Flow and question, or flow and ending: the key of its words. */
  readonly flow: string;
  readonly name: string;
  readonly asked: Asked;
  readonly hint?: Hint | undefined;
  readonly end: boolean;
  /** A text too long for one screen may run over pages. */
  readonly pages?: boolean | undefined;
}

export interface Turn {
  readonly state: State;
  readonly screen: Screen;
  /** Something may have changed that must outlive a crash. */
  readonly effects: boolean;
}

/** The flows of a service: the one a call begins with, and all that can be reached. */
export interface Flows<Deps> {
  readonly home: string;
  readonly all: ReadonlyMap<string, Flow<Deps>>;
}

/** Names one act, and says for which account it is done and in which language, where chosen. */
export interface ActName {
  readonly once: string;
  readonly as: string | null;
  readonly speaks: string | null;
}

/** What a turn works with. `depsFor` makes what flows need for one act. */
export interface Engine<Deps> {
  readonly flows: Flows<Deps>;
  readonly depsFor: (act: ActName) => Deps;
}

/** Takes in one reply of the call with this id, or none for the first screen. */
export type Advance = (
  session_id: string,
  state: State | null,
  reply: string | null,
) => Promise<Turn>;

const BACK = "0";
const MAIN = "00";
const MORE = "98";

/** Most times one act may lead to the next question or flow without asking: a bug beyond it. */
const hops_max = 5;

/**
 * Makes what drives a call through flows. Answers are changed only by what the caller pressed;
 * effects happen only in a flow's act or a question that says so.
 */
export const advanceWith =
  <Deps>(engine: Engine<Deps>): Advance =>
  (session_id, state, reply) =>
    advance({ ...engine, session_id }, state, reply);

/** An engine that drives one call. */
interface Driving<Deps> extends Engine<Deps> {
  readonly session_id: string;
}

async function advance<Deps>(
  engine: Driving<Deps>,
  state: State | null,
  reply: string | null,
): Promise<Turn> {
  const home = flowOf(engine, engine.flows.home);
  if (state === null || reply === null) return await show(engine, begin(home, untouched));
  if (state.offered !== null) return await answerOffer(engine, home, state, reply);
  const current = engine.flows.all.get(state.flow);
  // The service was changed while this call was open: start again, with nothing done.
  if (current?.shape !== state.shape)
    return await show(engine, begin(current ?? home, state), startedAgain);
  const { asked } = state;
  if (asked === null) throw new Error("a reply after the call ended");

  if (reply === MAIN) return await show(engine, begin(home, state));
  if (reply === MORE && (asked.options.length > 0 || stepOf(current, state).question.pages))
    return turnTo(current, state, asked, state.page + 1);
  if (reply === BACK && state.page > 0) return turnTo(current, state, asked, state.page - 1);
  if (reply === BACK) return await show(engine, goBack(state, home));
  return await answer(engine, current, state, asked, reply);
}

const startedAgain: Hint = { name: "started-again", fields: {} };

/**
 * The first turn of a call whose caller has just lost another: offers to take that one up again, if
 * there is something in it to keep.
 * @returns undefined when there is nothing to offer.
 */
export function offer<Deps>(flows: Flows<Deps>, broken: Broken): Turn | undefined {
  const kept = keptOf(flows, broken.state);
  if (kept === undefined) return undefined;
  const state = { ...kept, answers: [], asked: offerAsked, offered: broken };
  return { state, screen: { ...offerScreen, asked: offerAsked }, effects: false };
}

/** What of a broken call is kept: what was answered before any PIN; undefined when that is nothing. */
function keptOf<Deps>(flows: Flows<Deps>, broken: State): State | undefined {
  const flow = flows.all.get(broken.flow);
  if (flow?.shape !== broken.shape || broken.asked === null) return undefined;
  const secret = flow.steps.findIndex(({ question }) => question.secret);
  const answers = secret === -1 ? broken.answers : broken.answers.slice(0, secret);
  if (!answers.some(({ given }) => given)) return undefined;
  return { ...broken, answers, asked: null, page: 0, offered: null };
}

const offerAsked: Asked = {
  fields: {},
  options: [
    { key: 1, word: "continue", fields: {}, value: true },
    { key: 2, word: "again", fields: {}, value: false },
  ],
};
const offerScreen = { flow: "common", name: "broken-off", end: false };

/** Replies to an offer that settle what becomes of the broken call. */
const settling = ["1", "2", BACK, MAIN];

/** Whether a reply settles what becomes of the call that was offered: it is over either way. */
export const settlesOffer = (state: State, reply: string): boolean =>
  state.offered !== null && settling.includes(reply);

/** Takes the broken call up again on 1; on 2, Back or Main begins anew. */
async function answerOffer<Deps>(
  engine: Driving<Deps>,
  home: Flow<Deps>,
  state: State,
  reply: string,
): Promise<Turn> {
  const { offered } = state;
  if (offered === null) throw new Error("nothing was offered");
  const kept = reply === "1" ? keptOf(engine.flows, offered.state) : undefined;
  if (kept !== undefined) return await show(engine, kept);
  if (settling.includes(reply))
    return await show(engine, begin(home, untouched), reply === "1" ? startedAgain : undefined);
  const hint = { name: "not-on-list", fields: {} };
  return { state, screen: { ...offerScreen, asked: offerAsked, hint }, effects: false };
}

/** Reads a reply against what was asked, and asks the next question or the same one again. */
async function answer<Deps>(
  engine: Driving<Deps>,
  flow: Flow<Deps>,
  state: State,
  asked: Asked,
  reply: string,
): Promise<Turn> {
  const { question, key } = stepOf(flow, state);
  const deps = depsOf(engine, state) as never;
  const reading = await question.read(reply, asked, deps, answersOf(state));
  const effects = question.effects ?? false;
  const fields = "fields" in reading ? reading.fields : {};
  switch (reading.type) {
    case "read": {
      const next = withAnswer(state, { key, value: reading.value, given: true });
      const turn = await show(engine, next);
      return { ...turn, effects: turn.effects || effects };
    }
    case "unread":
      return { ...turnTo(flow, state, asked, state.page, { name: reading.hint, fields }), effects };
    case "stop":
      return finish(state, { flow: "common", name: reading.screen, fields, effects });
  }
}

/** Asks the first question that has no answer, or acts when all have one. */
async function show<Deps>(
  engine: Driving<Deps>,
  state: State,
  hint?: Hint,
  hops = 0,
): Promise<Turn> {
  const flow = flowOf(engine, state.flow);
  const step = flow.steps[state.answers.length];
  if (step === undefined) return await act(engine, flow, state, hops);
  const { question, key } = step;
  const deps = depsOf(engine, state) as never;
  const value = question.settled?.(deps, answersOf(state));
  if (value !== undefined)
    return await show(engine, withAnswer(state, { key, value, given: false }), hint, hops);
  const asked = await question.ask(deps, answersOf(state));
  if ("stop" in asked)
    return finish(state, {
      flow: flow.name,
      name: asked.stop,
      fields: asked.fields,
      effects: false,
    });
  const screen = {
    flow: flow.name,
    name: key,
    asked,
    hint,
    end: false,
    pages: question.pages,
  };
  return { state: { ...state, page: 0, asked }, screen, effects: false };
}

/** Runs the flow's act and follows its ending. */
async function act<Deps>(
  engine: Driving<Deps>,
  flow: Flow<Deps>,
  before: State,
  hops: number,
): Promise<Turn> {
  if (hops >= hops_max) throw new Error(`${flow.name}: leads on without asking anything`);
  const outcome = await flow.act(answersOf(before), depsOf(engine, before));
  const { type, fields = {}, as = before.as, speaks = before.speaks } = outcome;
  const state = { ...before, acts: before.acts + 1, as, speaks };
  const ending = flow.endings[type];
  if (ending === undefined) throw new Error(`${flow.name}: no ending for ${type}`);
  if ("end" in ending)
    return finish(state, { flow: flow.name, name: type, fields, effects: flow.effects });
  const next =
    "go" in ending
      ? await show(engine, begin(flowOf(engine, ending.go), state), undefined, hops + 1)
      : await show(engine, backTo(ending.again, state), { name: type, fields }, hops + 1);
  return { ...next, effects: next.effects || flow.effects };
}

/** The same question again, as it was asked, on this page of it. */
function turnTo<Deps>(
  flow: Flow<Deps>,
  state: State,
  asked: Asked,
  page: number,
  hint?: Hint,
): Turn {
  const { key: name, question } = stepOf(flow, state);
  const screen = { flow: flow.name, name, asked, hint, end: false, pages: question.pages };
  return { state: { ...state, page }, screen, effects: false };
}

/** The question that waits for an answer. */
function stepOf<Deps>(flow: Flow<Deps>, state: State): Flow<Deps>["steps"][number] {
  const step = flow.steps[state.answers.length];
  if (step === undefined) throw new Error(`${flow.name}: a reply after the last question`);
  return step;
}

function finish(
  state: State,
  end: { flow: string; name: string; fields: Fields; effects: boolean },
): Turn {
  const asked = { fields: end.fields, options: [] };
  const screen = { flow: end.flow, name: end.name, asked, end: true };
  return { state: { ...state, asked: null }, screen, effects: end.effects };
}

function goBack<Deps>(state: State, home: Flow<Deps>): State {
  const last = state.answers.findLastIndex(({ given }) => given);
  if (last === -1) return begin(home, state);
  return { ...state, answers: state.answers.slice(0, last) };
}

function backTo(question: string, state: State): State {
  const at = state.answers.findIndex(({ key }) => key === question);
  return { ...state, answers: state.answers.slice(0, at) };
}

const withAnswer = (state: State, given: Answer): State => ({
  ...state,
  answers: [...state.answers, given],
});

type Kept = Pick<State, "acts" | "as" | "speaks">;

/** A call in which nothing has happened yet. */
const untouched: Kept = { acts: 0, as: null, speaks: null };

const begin = <Deps>({ name, shape }: Flow<Deps>, { acts, as, speaks }: Kept): State => ({
  ...{ acts, as, speaks },
  offered: null,
  flow: name,
  shape,
  answers: [],
  asked: null,
  page: 0,
});

const depsOf = <Deps>({ session_id, depsFor }: Driving<Deps>, { acts, as, speaks }: State): Deps =>
  depsFor({ once: `ussd:${session_id}:${acts}`, as, speaks });

function flowOf<Deps>({ flows }: Engine<Deps>, name: string): Flow<Deps> {
  const found = flows.all.get(name);
  if (found === undefined) throw new Error(`no flow "${name}"`);
  return found;
}

// The builder's types promised each question the answers before it; here they are a plain record.
const answersOf = ({ answers }: State): never =>
  Object.fromEntries(answers.map(({ key, value }) => [key, value])) as never;
