import { nameIn, type Names } from "../../domain/deeds.ts";
import type { Contents } from "./contents.ts";

/** As menus/words has it for texts. */
const neutral_deed = "a good deed";

/** A name on a menu, in the partner's language where the menu has it. */
export const nameOf = (name: unknown, { community }: Pick<Contents, "community">): string | null =>
  name === null ? null : nameIn(name as Names, "en", community);

/** The same of a deed, or the neutral label where it is sensitive. */
export const deedName = (
  { deed, sensitive }: { readonly deed: unknown; readonly sensitive: boolean | null },
  contents: Pick<Contents, "community">,
): string | null => (sensitive ? neutral_deed : nameOf(deed, contents));
