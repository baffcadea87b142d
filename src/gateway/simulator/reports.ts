import { setTimeout as sleep } from "node:timers/promises";
import type { Post } from "./post.ts";

/** How one text is reported: what is absent is as usual, one `Success` about when it is answered. */
export interface ReportPlan {
  /** In the order they are sent, which need not be the order they make sense in; none is silence. */
  readonly statuses?: readonly string[] | undefined;
  readonly status?: string | undefined;
  readonly failureReason?: string | undefined;
  /** Before the send is answered and while it waits, at about that time, or this much later. */
  readonly timing?: "early" | "as-usual" | undefined;
  readonly late_ms?: number | undefined;
  /** How often each is sent. */
  readonly times?: number | undefined;
}

/** Sends the reports of one text. Resolves at once unless they are to come before the answer. */
export async function sendReports(
  { post, onError }: { readonly post: Post; readonly onError: (error: unknown) => void },
  { to, id }: { readonly to: string; readonly id: string },
  plan: ReportPlan,
): Promise<void> {
  const { failureReason, times = 1, late_ms = 0 } = plan;
  const statuses = plan.statuses ?? [plan.status ?? "Success"];
  const sending = async (): Promise<void> => {
    if (late_ms > 0) await sleep(late_ms, undefined, { ref: false });
    for (const status of statuses)
      for (let time = 0; time < times; time += 1)
        await post("sms/delivery", {
          id,
          status,
          phoneNumber: to,
          networkCode: "63902",
          ...(failureReason !== undefined && { failureReason }),
        });
  };
  const sent = sending().catch(onError);
  if (plan.timing === "early") await sent;
}
