import type { MessagePort } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import { borrowFiles } from './lend-files.ts';
import { lookHere } from './look-at-source.ts';
import { PhotoAnswers } from './photo-answers.ts';
import type { FromLook, FromPhotos, FromReader, Look, ReadTask, ToReader } from './read-messages.ts';
import { Reading } from './reading.ts';
import type { Source } from './source/source-module.ts';

/**
 * The work of a reading thread: reads of runs, searches for photos and looks at sources, one after another. Rows leave it as buffers. A thread
 * that has read before is faster, because its code is compiled.
 */
export function serveReads(port: MessagePort, sourceOf: (kind: string) => Source): void {
  const send = (message: FromReader | FromLook<Look> | FromPhotos, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  let reading: Reading | null = null;
  let photos: PhotoAnswers | null = null;

  const begin = (task: ReadTask, files: StoredFiles): void => {
    try {
      reading = new Reading(task, { source: sourceOf(task.settings.kind), files }, send);
      // A bug of ours ends the thread, and with it the run.
      void reading.start();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      send({ kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } });
    }
  };

  port.on('message', (message: ToReader) => {
    if (message.kind === 'task') begin(message.task, borrowFiles(message.files));
    else if (message.kind === 'look')
      void lookHere(message.asked, borrowFiles(message.files), sourceOf).then((answer) => send(answer));
    else if (message.kind === 'findPhotos')
      photos = new PhotoAnswers(message.task, { source: sourceOf(message.task.kind), files: borrowFiles(null) }, send);
    else if (message.kind === 'people') void photos?.answer(message.people);
    else if (message.kind === 'over') {
      const closed = photos?.close() ?? Promise.resolve();
      [reading, photos] = [null, null];
      void closed.then(() => send({ kind: 'free' }));
    } else reading?.receive(message);
  });
}
