/** What the browser keeps for a visitor. Storage may be blocked; then the page itself remembers until it is left. */

export interface Kept {
  /** Bearer token of the visitor. */
  readonly session: string;
  readonly conversation: string;
  /** Who the page said the visitor is, empty for a stranger. */
  readonly user: string;
  /** Number of the last message that was seen, in any tab. */
  readonly read: number;
  /** The greeting was shown and closed. */
  readonly greeted: boolean;
}

export interface Unsent {
  readonly id: string;
  readonly text: string;
}

export interface Tab {
  readonly open: boolean;
  readonly draft: string;
  readonly outbox: readonly Unsent[];
}

const NOTHING: Kept = { session: "", conversation: "", user: "", read: -1, greeted: false };
const FRESH_TAB: Tab = { open: false, draft: "", outbox: [] };

const SEEN_WITHIN_MS = 150;

class Shelf<T extends object> {
  private last: T;

  constructor(
    private readonly where: () => Storage,
    private readonly key: string,
    private readonly empty: T,
  ) {
    this.last = empty;
  }

  get(): T {
    try {
      const raw = this.where().getItem(this.key);
      return raw === null ? { ...this.empty, ...this.last } : { ...this.empty, ...(JSON.parse(raw) as Partial<T>) };
    } catch {
      return this.last;
    }
  }

  set(change: Partial<T>): void {
    this.last = { ...this.get(), ...change };
    try {
      this.where().setItem(this.key, JSON.stringify(this.last));
    } catch {
      // Blocked or full: `last` is all we have, and it is enough for this page.
    }
  }

  forget(keep: Partial<T> = {}): void {
    this.last = this.empty;
    try {
      this.where().removeItem(this.key);
    } catch {
      // As above.
    }
    if (Object.keys(keep).length > 0) this.set(keep);
  }
}

export class Memory {
  /** Shared by all tabs of the site. */
  readonly visitor: Shelf<Kept>;
  /** Of this tab alone; survives a reload. */
  readonly tab: Shelf<Tab>;
  private readonly key: string;

  constructor(token: string) {
    this.key = `zhiyin:${token}`;
    this.visitor = new Shelf(() => window.localStorage, this.key, NOTHING);
    this.tab = new Shelf(() => window.sessionStorage, this.key, FRESH_TAB);
  }

  /** Calls back when another tab changed what is kept. */
  onOtherTab(heard: () => void): () => void {
    const listen = (event: StorageEvent): void => {
      if (event.key === this.key || event.key === null) heard();
    };
    window.addEventListener("storage", listen);
    return () => window.removeEventListener("storage", listen);
  }

  /** Runs `work` in one tab at a time, where the browser can promise that. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const locks = (navigator as { locks?: LockManager }).locks;
    if (!locks) return work();
    return new Promise((resolve, reject) => {
      void locks.request(this.key, async () => {
        await work().then(resolve, reject);
        // Other tabs read what was written only a moment later: they run in other processes.
        await new Promise((seen) => setTimeout(seen, SEEN_WITHIN_MS));
      });
    });
  }
}
