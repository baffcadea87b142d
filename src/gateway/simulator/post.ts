/** The service's callbacks, below `/at/<secret>/`. */
export type Callback = "ussd" | "ussd/events" | "sms" | "sms/delivery" | "sms/opt-out";

/** Posts a form to the service, as the provider does. @throws when nobody answers. */
export type Post = (
  callback: Callback,
  fields: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }>;
