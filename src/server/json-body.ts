import express, { type RequestHandler } from 'express';
import { AppError } from '../core/app-error.ts';
import { checkNesting } from './check-nesting.ts';

/** Bytes of a request's body, unpacked. */
const LARGEST_BODY = 1024 * 1024;

/** Reads a request's JSON body into `request.body`, once it is known to be neither too large nor too deep. */
export const jsonBody: RequestHandler = express.json({
  limit: LARGEST_BODY,
  verify: (_request, _response, body, encoding) => {
    if (encoding !== 'utf-8') throw new AppError('BAD_REQUEST', 'A request body is UTF-8.');
    checkNesting(body);
  },
});
