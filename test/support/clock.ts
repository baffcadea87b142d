/** The one clock of a test: it stands still until it is moved. */
export interface Clock {
  readonly now: () => Date;
  readonly moveOn: (time: { days?: number; minutes?: number; seconds?: number }) => void;
}

export function clockAt(start: string): Clock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    moveOn: ({ days = 0, minutes = 0, seconds = 0 }) => {
      at += ((days * 24 * 60 + minutes) * 60 + seconds) * 1000;
    },
  };
}
