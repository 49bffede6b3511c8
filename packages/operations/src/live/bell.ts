/** Wakes who waits, or else who waits next. */
export class Bell {
  private wake: (() => void) | undefined;
  private hasRung = false;

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /** Settles when the bell rings, or rang since the last wait; or when the time is over, where there is one. */
  async next(withinMs?: number): Promise<void> {
    if (!this.hasRung) {
      await new Promise<void>((resolve) => {
        const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = undefined;
    this.hasRung = false;
  }
}
