import { readCommunity } from "../domain/balance.ts";
import type { Account } from "../domain/callers.ts";
import { pinPlace } from "../domain/notify.ts";
import { openProposals, type OpenProposal } from "../domain/proposals.ts";
import { castVote, choices, choiceWords, type Choice } from "../domain/votes.ts";
import { fitList } from "../sms/fit.ts";
import {
  command,
  nameWord,
  optional,
  pinWord,
  proposalWord,
  unreadable,
  withShort,
  type Word,
} from "../sms/grammar.ts";
import { nearest } from "../sms/nearest.ts";
import { asOldest, pinAnswers, roleAnswers, withPin, type Texter } from "./sender.ts";

/** Read only as a word: what it stands for is told by the languages spoken here. */
const choiceWord: Word<string> = {
  takes: "one",
  read: (text) => (/^[\p{L}\p{M}]{1,20}$/u.test(text) ? text.toLocaleUpperCase() : undefined),
};

/**
 * `VOTE <proposal> YES|NO|ABSTAIN [name] <PIN>`: votes on a proposal, or changes a vote until it closes
 * (R18). `VOTE` lists what is open, and `VOTE <proposal>` tells how it stands.
 */
const cast = command(
  "vote",
  { proposal: proposalWord, choice: choiceWord, name: optional(nameWord), pin: pinWord },
  async ({ proposal: code, choice: said, name, pin }, texter: Texter) => {
    const choice = choiceMeant(texter, said);
    if (choice === undefined) return unreadable("choice");
    const spec = { role: "earner", pin, name, doing: ["voted"] } as const;
    return await withPin(texter, spec, async (member) => {
      const { once } = texter;
      const proposal = await openByCode(texter, member, code);
      const gone = { type: "no-such-proposal" as const, fields: { code } };
      if (proposal === undefined) return gone;
      const proposal_id = proposal.id;
      const vote = { once, member, proposal_id, choice, receipt: false };
      const voted = await castVote(texter, vote);
      return voted.type === "voting-ended" ? gone : voted;
    });
  },
  {
    ...pinAnswers,
    asks: "vote.asks",
    voted: "voted",
    "members-vote": "vote.members-vote",
    "no-such-proposal": "vote.no-such-proposal",
  },
);

export const vote = withShort(
  cast,
  { proposal: optional(proposalWord) },
  ({ proposal: code }, texter: Texter) =>
    asOldest(texter, "anyone", async (account) => {
      if (code === undefined) return await listOpen(texter, account);
      const proposal = await openByCode(texter, account, code);
      return proposal === undefined
        ? { type: "no-such-proposal" as const, fields: { code } }
        : { type: "shown" as const, fields: proposal };
    }),
  {
    ...roleAnswers,
    listed: "vote.listed",
    "none-open": "vote.none-open",
    shown: "vote.shown",
    "no-such-proposal": "vote.no-such-proposal",
  },
);

async function openByCode(
  texter: Texter,
  reader: Account,
  code: string,
): Promise<OpenProposal | undefined> {
  return (await openProposals(texter, reader)).find((open) => open.code === code);
}

async function listOpen(texter: Texter, reader: Account) {
  const open = await openProposals(texter, reader);
  const [first] = open;
  if (first === undefined)
    return { type: "none-open" as const, fields: await readCommunity(texter, reader) };
  const { cache } = first;
  const proposals = fitList(open, {
    ways: [
      ({ code, name, price, day }) => `${code} ${name} ${price} (${day})`,
      ({ code, name, price }) => `${code} ${name} ${price}`,
      ({ code, price }) => `${code} ${price}`,
    ],
    text: (shown) =>
      texter.say(reader.language, ["vote.listed"], {
        ...pinPlace(texter.community),
        ...{ cache, proposals: shown },
      }).text,
  });
  return { type: "listed" as const, fields: { cache, proposals } };
}

/** Shorter words are too like each other to be guessed at. */
const guessed_length_min = 4;

/** The choice that a word stands for in any language spoken here, or in English. */
function choiceMeant({ say, community }: Texter, said: string): Choice | undefined {
  const known = [...community.languages, "en"].flatMap((language) =>
    choices.flatMap((choice) =>
      choiceWords(say, language, choice).map((word) => ({ word, of: choice })),
    ),
  );
  return nearest(said, known, guessed_length_min);
}
