import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** The public API, as any client sees it. */
export type ApiClient = {
  /** Throws with the API's own messages when the answer has errors. */
  ask<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
  /** Yields each event of a subscription until it completes. Leaving the loop unsubscribes. */
  follow<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncIterable<Data>;
};

/** Talks GraphQL over HTTP, and over one WebSocket (graphql-transport-ws) that opens with the first subscription. */
export function createApiClient(url: string, token: string): ApiClient {
  const authorization = `Bearer ${token}`;
  const socket = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  return {
    ask: async (document, variables) => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: print(document), variables }),
      });
      const body: { data?: never; errors?: { message: string }[] } = JSON.parse(await answer.text());
      if (body.errors !== undefined) throw new Error(body.errors.map(({ message }) => message).join('; '));
      if (body.data === undefined) throw new Error(`The API answers with status ${answer.status}.`);
      return body.data;
    },
    async *follow(document, variables) {
      const events = socket.iterate<typeof document extends TypedDocumentNode<infer Data> ? Data : never>({
        query: print(document),
        variables,
      });
      for await (const { data, errors } of events) {
        if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
        if (data !== null && data !== undefined) yield data;
      }
    },
  };
}
