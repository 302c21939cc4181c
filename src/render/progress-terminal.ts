/** What the live block needs of a terminal: `process.stderr` fits. */
export interface TerminalLike {
  write(text: string): unknown;
  /** Its size as of now; undefined where it does not know. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The live block: repainted in place, gone when it ends, with ordinary lines above it. */
export interface LiveBlock {
  /** Replaces the block. Lines must be narrower than the terminal. */
  repaint(lines: readonly string[]): void;
  /** Prints lines that stay, above the block. */
  print(lines: readonly string[]): void;
  /** Removes the block and shows the cursor again. May be called twice. */
  end(): void;
}

/**
 * Writes the block with ECMA-48 sequences: cursor up (CUU), erase below (ED), cursor hidden and shown (DECTCEM). Each
 * change is one `write`, so that a half-painted block is never seen. The caller ends it, also on a signal, or the cursor
 * stays hidden.
 */
export function openLiveBlock(terminal: TerminalLike): LiveBlock {
  let block: readonly string[] = [];
  let open = false;

  function paint(above: readonly string[], next: readonly string[]): void {
    const up = block.length > 0 ? `\u001B[${block.length}A\r` : '';
    const hide = open ? '' : '\u001B[?25l';
    open = true;
    block = next;
    terminal.write(`${hide}${up}\u001B[J${[...above, ...next].map((line) => `${line}\n`).join('')}`);
  }

  return {
    repaint(lines) {
      if (lines.length > 0 || block.length > 0) paint([], lines);
    },
    print(lines) {
      paint(lines, block);
    },
    end() {
      if (!open) return;
      paint([], []);
      terminal.write('\u001B[?25h');
      open = false;
    },
  };
}
