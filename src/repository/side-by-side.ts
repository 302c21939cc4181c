/** As many as keep a disk or a network busy while one manifest is decoded. */
const readsAtOnce = 16;

/** Runs `work` for every item, several at a time, in no order. Throws the first failure; what was begun ends by itself. */
export async function sideBySide<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: readsAtOnce }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
