/**
 * A whole number of SoCCs at a decimal value each, as money with two places, rounded down: exact,
 * for floats are not. `moneyFor(12, "4.50")` is `"54.00"`.
 */
export function moneyFor(amount: number, value: string): string {
  const [whole = "0", fraction = ""] = value.split(".");
  const places = fraction.length;
  const total = BigInt(amount) * BigInt(whole + fraction) * 100n;
  const cents = total / 10n ** BigInt(places);
  const text = cents.toString().padStart(3, "0");
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}
