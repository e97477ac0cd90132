// A clock for tests: setTimeout waits a twentieth of what it is told.
const wait = globalThis.setTimeout;
globalThis.setTimeout = (act, milliseconds = 0, ...rest) => wait(act, milliseconds / 20, ...rest);
