import { describe, expect, test } from "vitest";
import { dayIn, momentIn } from "../../src/domain/format.ts";

const kumasi = "Africa/Accra";
const kisumu = "Africa/Nairobi";
const madurai = "Asia/Kolkata";
const washington = "America/New_York";

describe("a moment on a receipt is the community's own", () => {
  test.for([
    [kumasi, "2026-03-14T14:40:00Z", "14/3/26 2:40PM"],
    [kisumu, "2026-03-14T14:40:00Z", "14/3/26 5:40PM"],
    [madurai, "2026-03-14T14:40:00Z", "14/3/26 8:10PM"],
    [washington, "2026-03-14T14:40:00Z", "14/3/26 10:40AM"],
    // Midnight and noon.
    [kumasi, "2026-01-05T00:05:00Z", "5/1/26 12:05AM"],
    [kumasi, "2026-01-05T12:05:00Z", "5/1/26 12:05PM"],
    [kisumu, "2026-12-31T21:05:00Z", "1/1/27 12:05AM"],
    [madurai, "2026-02-28T18:35:00Z", "1/3/26 12:05AM"],
    [washington, "2026-01-01T04:59:59Z", "31/12/25 11:59PM"],
    // Washington's clocks go forward on 8 March 2026 and back on 1 November.
    [washington, "2026-03-08T06:59:00Z", "8/3/26 1:59AM"],
    [washington, "2026-03-08T07:00:00Z", "8/3/26 3:00AM"],
    [washington, "2026-11-01T05:30:00Z", "1/11/26 1:30AM"],
    [washington, "2026-11-01T06:30:00Z", "1/11/26 1:30AM"],
  ] as const)("%s %s: %s", ([zone, moment, shown]) => {
    expect(momentIn(zone, new Date(moment))).toBe(shown);
    expect(dayIn(zone, new Date(moment))).toBe(shown.split("/", 2).join("/"));
  });

  test("has only characters that a phone shows, and no space but one", () => {
    for (let hour = 0; hour < 24; hour += 1)
      expect(momentIn(madurai, new Date(Date.UTC(2026, 9, 31, hour)))).toMatch(
        /^\d{1,2}\/\d{1,2}\/\d\d \d{1,2}:\d\d[AP]M$/,
      );
  });
});
