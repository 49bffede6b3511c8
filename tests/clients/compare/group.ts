import { beforeAll, describe, expect, test } from "vitest";
import { type Client, readyClient } from "../harness/client.ts";
import { type OpenPlace, openPeer, openWeir, weirModes } from "../harness/places.ts";
import { compare, expectedIn, type Outcome, sift } from "./compare.ts";

/** What a group of tests does on a server, and the names of the pictures it brings home. */
export type Group = {
  name: string;
  play: (client: Client) => Promise<Outcome>;
  sections: string[];
};

/**
 * Plays a scenario on Prefect's own server and, in each mode, on Weir, and tests section by section that both came to the
 * same, but for the differences we know. All are played at once: most of a scenario is waiting.
 */
export function comparedWithPeer({ name, play, sections }: Group): void {
  let peerPlayed: Promise<Outcome>;
  const weirPlayed = new Map<string, Promise<Outcome>>();
  beforeAll(() => {
    peerPlayed = playAt(openPeer(), play);
    for (const mode of weirModes) weirPlayed.set(mode, playAt(openWeir(mode), play));
    // Each is awaited below, by the tests that need it.
    return Promise.allSettled([peerPlayed, ...weirPlayed.values()]);
  });

  test("Prefect's own server plays the scenario, and every section of it is compared", async () => {
    expect(Object.keys(await peerPlayed).sort()).toEqual([...sections].sort());
  });

  describe.each(weirModes)("as a %s client", (mode) => {
    let peer: Outcome = {};
    let weir: Outcome = {};
    beforeAll(async () => {
      peer = await peerPlayed;
      weir = (await weirPlayed.get(mode)) ?? {};
    });

    test.each(sections)("%s comes out as on Prefect's own server", (section) => {
      const found = compare(peer[section], weir[section]);
      // Two of Prefect's own have no reason to differ.
      if (mode === "peer") return expect(found).toEqual([]);
      const context = `${name} ${mode} ${section}`;
      const { left, used } = sift(found, context);
      const unmet = expectedIn(context).filter((difference) => !used.includes(difference));
      const noLongerSo = unmet.map(({ what, because }) => `${what} (${because})`);
      expect({ left, noLongerSo }).toEqual({ left: [], noLongerSo: [] });
    });
  });
}

async function playAt(opening: Promise<OpenPlace>, play: Group["play"]): Promise<Outcome> {
  const { place, close } = await opening;
  try {
    const client = await readyClient(place);
    return await play(client).finally(() => client.close());
  } finally {
    await close();
  }
}
