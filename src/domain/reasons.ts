/** Why a claim may be rejected, by a word that every language has. */
export const rejectionWords = ["not-seen", "not-done", "counted-already", "wrong-deed"] as const;
export type RejectionWord = (typeof rejectionWords)[number];
