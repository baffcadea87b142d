import { giveSoccs } from "./cash-out.ts";
import type { World } from "./world.ts";

/**
 * Achieng sends 5 SoCC to Wanjiku so many times, and disputes each.
 * @returns the disputes' ids, the oldest first.
 */
export async function raiseDisputes(world: World, count: number): Promise<readonly string[]> {
  const achieng = world.phoneOf("Achieng Otieno");
  await giveSoccs(world, "Achieng Otieno", 5 * count);
  for (let raised = 0; raised < count; raised += 1) {
    await achieng.dials().presses("4", "0711000102", "5", "1", "2580").ends("Sent 5 SoCC");
    await achieng.dials().presses("6", "7", "1", "1").ends("is disputed");
  }
  const rows = await world.db.selectFrom("dispute").select("id").orderBy("id").execute();
  return rows.slice(-count).map(({ id }) => id);
}
