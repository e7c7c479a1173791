import type { Response } from 'express';

/** Resolves when it has left the process, or nobody is there any more: a slow reader is asked no more than it takes. */
export const write = (response: Response, text: string): Promise<void> =>
  new Promise((resolve) => {
    if (!response.writable) return resolve();
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(text, done);
  });
