/** Ids that stay the same when the message moves to another folder; has to be on every request. */
export const IMMUTABLE_IDS = { Prefer: 'IdType="ImmutableId"' };
