/** A small community, as the overseer would describe it. */
export const bantama = {
  slug: "kumasi-bantama",
  name: "Bantama",
  partner: "Bantama Elders",
  country: "GH",
  currency: "GHS",
  time_zone: "Africa/Accra",
  languages: ["en", "tw"],
  ussd_code: "*713*25#",
  help_number: "0800 713 025",
  accrual_ratio: 5,
  claim_expiry_days: 14,
  notional_value: "0.50",
  deeds: [{ code: "SWEEP", value: 10, name: { en: "Sweep market", tw: "Pra dwam" } }],
};
