import { randomInt } from 'node:crypto';

/** Names for runs that people can say to each other; the words are short, common and friendly. */
const ADJECTIVES =
  `able amber ample apt bold brave breezy bright brisk calm candid clear clever cosmic cosy crisp curious daring deft
  eager early easy fair fancy fine fleet fluffy fond frank free fresh gentle glad golden grand happy hardy honest
  humble jolly keen kind lively loyal lucid lucky mellow merry mighty mild misty modest neat nimble noble odd patient
  plain proud quick quiet rapid rare ready rosy royal rustic sandy serene sharp shiny silent silver simple sleek smart
  snowy snug solid spry steady still stout subtle sunny swift tall tender tidy tiny tough true vivid warm wise witty`
    .trim()
    .split(/\s+/);
const NOUNS =
  `acorn alder ash badger bay beacon bear beaver birch bison bramble breeze bridge brook cedar clover comet coral crane
  creek daisy dawn deer delta dune eagle echo elm ember falcon fern finch fjord forest fox garnet glade grove gull
  harbor hare hawk hazel heron hill holly ibis iris island ivy jay lagoon lake lark laurel lily linden lion lynx maple
  marsh meadow mesa moon moss newt oak opal orchid osprey otter owl panda peak pearl pebble pine plover pond poplar
  prairie quail raven reef ridge river robin sage seal shore sparrow spruce star stone stream swan thistle tide tulip
  valley violet walnut willow wren`
    .trim()
    .split(/\s+/);

/** Such as `brave-otter`; a number is added where `taken` says that the name is used. */
export function readableName(taken: (name: string) => boolean): string {
  for (let attempt = 0; attempt < 30; attempt++) {
    const name = `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
    if (!taken(name)) return name;
  }
  return freeName(`${pick(ADJECTIVES)}-${pick(NOUNS)}`, taken);
}

/** The name itself, or with the first number from 2 on that makes it free. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  for (let number = 2; ; number++) if (!taken(`${name}-${number}`)) return `${name}-${number}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? 'run';
}
