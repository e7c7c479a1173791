/**
 * The benchmarks preload this into a service. It measures how late a timer of 10 ms fires in the main thread. `reset`
 * starts again. `report` answers with the delays in milliseconds, each with the time (since 1970) at which it was seen.
 */
import { isMainThread } from 'node:worker_threads';

const everyMs = 10;
let delays = [];
let times = [];
let last = performance.now();

if (isMainThread && process.channel) {
  setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - everyMs));
    times.push(Date.now());
    last = now;
  }, everyMs).unref();
  process.on('message', (message) => {
    if (message === 'report') process.send({ delays, times });
    delays = [];
    times = [];
  });
  process.channel.unref();
}
