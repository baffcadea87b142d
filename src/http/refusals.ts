import { BlockList, isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * Why a callback was not taken: it came from elsewhere, it had not the secret, or nobody could read
 * it, as it is when the provider's dashboard has a wrong address of ours.
 */
export type Refusal = "address" | "secret" | "unreadable";

/**
 * Whether an address is in one of several networks.
 * @param networks addresses and CIDR ranges, IPv4 or IPv6; with none of them every address is.
 */
export function networksHold(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", length] = network.split("/");
    const family = familyOf(address);
    if (length === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(length), family);
  }
  return (given) => {
    // Without the interface that a link's own addresses name.
    const [address = ""] = given.split("%");
    return isIP(address) !== 0 && list.check(address, familyOf(address));
  };
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

const tell_every_ms = 60_000;

/**
 * Writes a line for callbacks that are turned away at the door, with how many there were since the
 * last: one a minute for each reason, so that whoever tries secrets fills no disk. What they tried is
 * not in it.
 */
export function tellSeldom(): (request: FastifyRequest, why: Refusal) => void {
  const last = new Map<Refusal, { readonly at: number; count: number }>();
  return (request, why) => {
    const now = performance.now();
    const told = last.get(why);
    if (told !== undefined && now - told.at < tell_every_ms) {
      told.count += 1;
      return;
    }
    last.set(why, { at: now, count: 0 });
    request.log.warn({ why, address: request.ip, untold: told?.count ?? 0 }, "callback refused");
  };
}
