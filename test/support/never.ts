/** Of work that nobody stops. */
export const never = new AbortController().signal;
