// Asks every moment whether another tablet saved this chart, while somebody can see the page. It asks
// only: nothing goes to the server with it, and it is no sign of a person at work.

const PACE = 1500;
const SLOWEST = 15_000;
// Under a finger nothing moves: what came in waits for it to be lifted.
const LIFTED = 200;

/**
 * @param {object} with_
 * @param {(revision: number) => Promise<{status: number, data: any}>} with_.ask  what is newer than
 *   this; rejects without an answer
 * @param {any} with_.sync
 * @param {() => boolean} with_.touched  whether a finger is on the page
 * @param {(sentence: string | undefined, status: number) => void} with_.gone  the session may no longer be seen here
 * @param {(work: () => void, ms: number) => any} [with_.later]
 * @param {(timer: any) => void} [with_.never]
 */
export function createWatch({ ask, sync, touched, gone, later = setTimeout, never = clearTimeout }) {
  let timer = null;
  let watching = false;
  let asking = false;
  let failures = 0;

  const soon = (ms) => {
    never(timer);
    if (watching) timer = later(look, ms);
  };

  async function look() {
    if (asking) return;
    asking = true;
    const answer = await ask(sync.revision).catch(() => null);
    asking = false;
    if (watching) take(answer);
  }

  function take(answer) {
    const status = answer?.status ?? 0;
    if (status === 200 && touched()) {
      timer = later(() => take(answer), LIFTED);
      return;
    }
    if (status === 403 || status === 404) {
      watching = false;
      return gone(answer.data.error, status);
    }
    const answered = status === 200 || status === 204;
    failures = answered ? 0 : failures + 1;
    if (answered) {
      if (status === 200) sync.see(answer.data);
      sync.found();
    } else if (status === 401) sync.lost("signed-out", answer.data.error);
    else if (status === 0) sync.lost("network");
    if (sync.ended) watching = false;
    else soon(Math.min(PACE * 2 ** failures, SLOWEST));
  }

  return {
    /** Look now and from then on. */
    start() {
      if (sync.ended) return;
      watching = true;
      failures = 0;
      soon(0);
    },
    stop() {
      watching = false;
      never(timer);
    },
  };
}
