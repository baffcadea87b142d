import type { CommunityFile } from "../domain/community-file.ts";
import type { Fields } from "../ussd/flow.ts";

/** Names of people have at most 24 characters; in Tamil script 16 are as long a name. */
const latin_name = "Wilhelmina Nyamukuluuuuu";
const tamil_name = "முத்துலட்சுமி கு";

/**
 * The longest that each place of a screen may be filled with, in any community that speaks the
 * language: what the check of all screens fills them with.
 */
export function worstFields(language: string, files: readonly CommunityFile[]): Fields {
  const spoken = files.filter(({ languages }) => languages.includes(language));
  const items = spoken.flatMap(({ deeds, rewards, communal_rewards }) => [
    ...deeds,
    ...rewards,
    ...communal_rewards,
  ]);
  const item = longest(items.map(({ name }) => name[language] ?? ""));
  const people = /\p{Script=Tamil}/u.test(item) ? tamil_name : latin_name;
  const units = spoken.flatMap(({ deeds }) => deeds.map(({ unit }) => unit?.[language] ?? ""));
  return {
    ...Object.fromEntries(
      ["who", "member", "vendor", "recipient"].map((place) => [place, people] as const),
    ),
    name: longest([item, people]),
    names: `${people}, ${people}`,
    deed: item,
    rewards: `${item} 10000, ${item} 10000`,
    unit: longest(units),
    community: longest(spoken.filter(hasCode).map(({ name }) => name)) || "A community's name",
    place: longest(spoken.flatMap(placesOf)),
    end: "..101",
    help: longest(spoken.map(({ help_number }) => help_number)),
    sms: longest(spoken.map(({ sms_number }) => sms_number ?? "")),
    currency: "GHS",
    cash: "90000.00",
    code: "W7WW",
    receipt: "SWWWWWWW",
    disputed: "SWWWWWWW",
    moved: -10_000,
    lines: "31/12 +10000, 30/12 -10000, 29/12 +10000",
    when: "31/12/26 12:59PM",
    day: "31/12",
    cap: { say: "cap-left", fields: { left: 100, days: 366 } },
    value: 10_000,
    amount: 10_000,
    price: 10_000,
    missing: 10_000,
    taken: 10_000,
    total: 1_000_000,
    balance: 1_000_000,
    cache: 1_000_000,
    members: 10_000,
    voted: 10_000,
    yes: 10_000,
    no: 10_000,
    abstain: 10_000,
    vote: /\p{Script=Tamil}/u.test(item) ? "விலகல்" : "NAJIZUIA",
    left: 10_000,
    min: 1,
    max: 10_000,
    count: 200,
    days: 366,
    tries: 4,
    minutes: 60,
  };
}

const longest = (texts: readonly string[]): string =>
  texts.reduce((a, b) => (a.length >= b.length ? a : b), "");

const hasCode = ({ ussd_code }: CommunityFile): boolean => ussd_code !== undefined;

const placesOf = ({ demo_people }: CommunityFile): readonly string[] =>
  demo_people.flatMap(({ vendor }) => vendor?.place ?? []);
