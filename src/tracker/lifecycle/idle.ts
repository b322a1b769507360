export interface IdleOptions {
  /** 0: never. */
  readonly idleSeconds: number;
  /** Why the tracker must stay, or undefined. */
  readonly busy: () => string | undefined;
  readonly leave: () => void;
}

/** Lets the tracker leave when nobody has asked for anything for a while and nothing of it is in use. */
export class IdleWatch {
  readonly #options: IdleOptions;
  #lastUse = Date.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: IdleOptions) {
    this.#options = options;
  }

  /** Somebody asked for something. */
  readonly use = (): void => {
    this.#lastUse = Date.now();
  };

  start(): void {
    const { idleSeconds, busy, leave } = this.#options;
    if (idleSeconds <= 0) return;
    this.use();
    this.#timer = setInterval(
      () => {
        if (busy() !== undefined) this.use();
        else if (Date.now() - this.#lastUse >= idleSeconds * 1000) leave();
      },
      Math.min(15_000, (idleSeconds * 1000) / 4),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
