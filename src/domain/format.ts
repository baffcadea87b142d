/** Making one costs more than a query; there are as many as there are time zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(time_zone: string): Intl.DateTimeFormat {
  const known = formats.get(time_zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: time_zone,
    day: "numeric",
    month: "numeric",
    year: "2-digit",
    hour: "numeric",
    minute: "2-digit",
  });
  formats.set(time_zone, made);
  return made;
}

/** `14/3/26 5:40PM` in a community's time zone, as every receipt has it. */
export function momentIn(time_zone: string, moment: Date): string {
  const parts = formatOf(time_zone).formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((found) => found.type === type)?.value ?? "";
  const date = `${part("day")}/${part("month")}/${part("year")}`;
  return `${date} ${part("hour")}:${part("minute")}${part("dayPeriod")}`;
}

/** `14/3` in a community's time zone, where a line has room for no more. */
export const dayIn = (time_zone: string, moment: Date): string =>
  momentIn(time_zone, moment).split("/", 2).join("/");
