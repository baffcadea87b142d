import { END, flow } from "../ussd/flow.ts";
import type { Caller } from "./call.ts";

/** Who to ask. */
export const help = flow<Caller>("help").tell(
  (_answers, { community }) => ({
    type: "told",
    fields: { help: community.help_number, sms: community.sms_number ?? "" },
  }),
  { told: END },
);
