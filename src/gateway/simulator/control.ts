import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isFaultName, type Fault } from "./faults.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import type { ReportPlan } from "./reports.ts";
import type { Tally } from "./tally.ts";
import type { Outgoing } from "./texting.ts";

/** What of a simulator can be asked for over HTTP. */
export interface Controlled {
  readonly failNext: (phone: string, ...faults: Fault[]) => void;
  readonly reportNext: (phone: string, ...plans: ReportPlan[]) => void;
  readonly misbehave: (how: Misbehaviour | undefined) => void;
  readonly text: (text: Outgoing) => Promise<number>;
  readonly tally: () => Tally;
}

const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, "a phone number with its +");
const fault = z.object({
  answer: z.string().refine(isFaultName, "a fault's name: see src/gateway/simulator/faults.ts"),
  delivers: z.boolean().default(false),
});
const plan = z.object({
  statuses: z.array(z.string().max(40)).max(10).optional(),
  failureReason: z.string().max(200).optional(),
  timing: z.enum(["early", "as-usual"]).optional(),
  late_ms: z.number().int().min(0).max(600_000).optional(),
  times: z.number().int().min(1).max(10).optional(),
});

const forPhone = z.object({
  phone,
  faults: z.array(fault).max(100).default([]),
  reports: z.array(plan).max(100).default([]),
});
const byChance = z.object({
  seed: z.number().int().default(1),
  share: z.number().min(0).max(1),
  faults: z.array(fault).max(100).default([]),
});
const outgoing = z.object({
  from: phone,
  to: z.string().min(1).max(30),
  text: z.string().max(2_000),
  id: z.string().min(1).max(100).optional(),
  copies: z.number().int().min(1).max(100).optional(),
});

/**
 * What a demonstration or a test may ask of the simulator over HTTP. Mounted only where the phones
 * can be read by anybody anyway.
 * - `POST /control/phone`: the next texts to a phone meet these faults, and are reported like this;
 * - `POST /control/chance`: a share of all sends fails, by a seed; a share of 0 ends it;
 * - `POST /control/text`: a phone sends a text, delivered until it is answered 200;
 * - `GET /control/tally`: what was sent, accepted, delivered, and sent again.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
export async function controls(
  app: FastifyInstance,
  { simulator }: { readonly simulator: Controlled },
): Promise<void> {
  const route = <T>(path: string, shape: z.ZodType<T>, take: (asked: T) => unknown) =>
    app.post(path, async (request, reply) => {
      const asked = shape.safeParse(request.body);
      if (!asked.success)
        return await reply.code(400).send({ wrong: z.prettifyError(asked.error) });
      take(asked.data);
      return await reply.code(204).send();
    });

  route("/phone", forPhone, (asked) => {
    simulator.failNext(asked.phone, ...asked.faults);
    simulator.reportNext(asked.phone, ...asked.reports);
  });
  route("/chance", byChance, (how) => {
    simulator.misbehave(how.share === 0 ? undefined : how);
  });
  route("/text", outgoing, (text) => {
    // Redelivery may go on for hours; nobody waits for it.
    void simulator.text(text);
  });
  app.get("/tally", () => simulator.tally());
}
