import pino, { type DestinationStream, type Logger } from "pino";

/** What a database error tells of the row it was about: phone numbers and texts stand there. */
const untold = ["detail", "where", "internalQuery", "parameters", "query"];

function serializeError(error: Error): object {
  const told = pino.stdSerializers.err(error);
  return Object.fromEntries(Object.entries(told).filter(([name]) => !untold.includes(name)));
}

/** The service's logger. Whatever is logged as `err` loses what may hold somebody's number. */
export const makeLog = (level: string, destination?: DestinationStream): Logger =>
  pino({ level, base: null, serializers: { err: serializeError } }, destination);
