// @ts-check
/** The demo people as the phone lines they answer; one line may serve a guardian and a child. */

/** @typedef {{ slug: string, name: string, ussd_code: string | null, sms_number: string | null, languages: string[] }} Community */
/** @typedef {{ community: string, name: string, phone: string, roles: string[], language: string, pin: string }} Person */
/** @typedef {{ callbacks: string, simulator: string, communities: Community[], people: Person[] }} Directory */
/** @typedef {{ phone: string, community: Community, holders: Person[] }} Line */

/** @param {Line} line */
export function nameOf(line) {
  return line.holders.map((holder) => holder.name).join(" & ") || line.phone;
}

/** @param {Line} line */
export function rolesOf(line) {
  return [...new Set(line.holders.flatMap((holder) => holder.roles))];
}

export class People {
  /** @type {Line[]} */
  lines = [];

  /** @param {Directory} directory */
  constructor({ communities, people }) {
    this.communities = communities;
    for (const person of people) this.#place(person);
  }

  /**
   * A line's address: the number alone, with the community where the number alone is not enough.
   * @param {Line} line
   */
  hashOf(line) {
    const [only, ...others] = this.lines.filter(({ phone }) => phone === line.phone);
    const isPlain = only === line && others.length === 0;
    return isPlain ? `#${line.phone}` : `#${line.phone}@${line.community.slug}`;
  }

  /** @param {string} hash @returns {Line | undefined} */
  at(hash) {
    const [, phone, slug] = /^#(\+[1-9]\d{6,14})(?:@(.+))?$/.exec(hash) ?? [];
    if (!phone) return undefined;
    const known = this.lines.find(
      (line) => line.phone === phone && (!slug || line.community.slug === slug),
    );
    const community = this.communities.find((each) => each.slug === slug) ?? this.communities[0];
    return known ?? (community && { phone, community, holders: [] });
  }

  /**
   * Whoever makes a demo complete: the manager for a member, a member for the manager.
   * @param {Line} line
   */
  counterpartOf(line) {
    const isManager = rolesOf(line).includes("manager");
    return this.lines.find(
      (other) =>
        other.phone !== line.phone &&
        other.community === line.community &&
        rolesOf(other).includes("manager") !== isManager,
    );
  }

  /** @param {Person} person */
  #place(person) {
    const shared = this.lines.find(
      (line) => line.phone === person.phone && line.community.slug === person.community,
    );
    if (shared) return shared.holders.push(person);
    const community = this.communities.find((each) => each.slug === person.community);
    return community && this.lines.push({ phone: person.phone, community, holders: [person] });
  }
}
