/** One step of a schema. Steps are only ever appended; the number of steps applied is the schema's version. */
export interface Migration {
  readonly name: string;
  readonly up: readonly string[];
}
