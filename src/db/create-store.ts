import type { Allow } from '../core/deadline.ts';
import { checkFirst, pageOfLog } from '../core/page-limits.ts';
import type { Store, WorkspaceStore } from '../core/store.ts';
import type { ApiConnections } from './api-transaction.ts';
import { changesPage, changesPages } from './change/changes-page.ts';
import { contactFeed } from './change/contact-feed.ts';
import { contactHistory, originsOf } from './change/contact-history.ts';
import { connectionsPage } from './connection/connections-page.ts';
import { deleteConnection } from './connection/delete-connection.ts';
import { connectionsByIds, contactCounts } from './connection/find-connections.ts';
import { createConnection, updateConnection } from './connection/save-connection.ts';
import { contactsPage } from './contact/contacts-page.ts';
import { createContact, deleteContacts, updateContact } from './contact/edit-contact.ts';
import { contactsByIds, sourcesOf } from './contact/find-contacts.ts';
import { managersOf, reportsPage, reportsPages } from './contact/managers.ts';
import { mergeContacts } from './contact/merge-contacts.ts';
import { photoHashesOf, photoOf } from './contact/photos.ts';
import { revertChange } from './contact/revert-change.ts';
import { saveFile } from './file/save-file.ts';
import { findingsPages } from './quality/findings-page.ts';
import type { Query } from './query.ts';
import { findRuns, lastRuns } from './run/list/find-runs.ts';
import { runsPage, runsPages } from './run/list/runs-page.ts';
import { readLog, readLogs } from './run/log/read-log.ts';
import type { Sealer } from './secrets/sealer.ts';
import { watchesOf } from './watch/find-watches.ts';
import { type WorkspaceScope, workspaceScope } from './workspace-scope.ts';
import { admitWorkspace, readWorkspace } from './workspaces.ts';

/** The connections work as the API's role (see pool/open-database.ts). */
export type StoreParts = ApiConnections & { sealer: Sealer };

/** The store of the API, in Postgres. */
export function createStore({ sealer, ...connections }: StoreParts): Store {
  return {
    in: (workspaceId, allow?: Allow) => createWorkspaceStore(workspaceScope(connections, workspaceId, allow), sealer),
    admitWorkspace: (workspace) => admitWorkspace(workspaceScope(connections, workspace.id), workspace),
  };
}

function createWorkspaceStore(scope: WorkspaceScope, sealer: Sealer): WorkspaceStore {
  const { workspaceId } = scope;
  const read = <T>(work: (query: Query) => Promise<T>): Promise<T> => scope.read(({ query }) => work(query));
  return {
    workspace: () => readWorkspace(scope),

    connectionsPage: (filter, page) => connectionsPage(scope, filter, page),
    connectionsByIds: (ids) => read((query) => connectionsByIds(query, workspaceId, ids)),
    lastRunsOf: (ids) => read((query) => lastRuns(query, workspaceId, ids)),
    watchesOf: (ids) => read((query) => watchesOf(query, workspaceId, ids)),
    contactCountsOf: (ids) => read((query) => contactCounts(query, workspaceId, ids)),

    runsPage: (filter, page) => runsPage(scope, filter, page),
    runsPagesOf: (ids, first) => runsPages(scope, ids, first),
    runsByIds: (ids) => read((query) => findRuns(query, workspaceId, ids)),
    runLog: async (runId, log) => {
      checkFirst(log.first, pageOfLog);
      return read((query) => readLog(query, workspaceId, runId, log));
    },
    runLogsOf: async (runIds, log) => {
      checkFirst(log.first, pageOfLog);
      return read((query) => readLogs(query, workspaceId, runIds, log));
    },
    findingsPages: (runIds, kind, page) => findingsPages(scope, runIds, kind, page),
    changesPage: (runId, filter, page) => changesPage(scope, runId, filter, page),
    changesPagesOf: (runIds, filter, first) => changesPages(scope, runIds, filter, first),

    contactsPage: (filter, page, parts) => contactsPage(scope, filter, page, parts),
    contactsByIds: (ids, parts) => contactsByIds(scope.readOne, workspaceId, ids, parts),
    contactHistory: (contactId, page) => contactHistory(scope, contactId, page),
    contactFeed: (request) => contactFeed(scope, request),
    originsOf: (ids) => originsOf(scope, ids),
    sourcesOf: (ids) => read((query) => sourcesOf(query, workspaceId, ids)),
    managersOf: (ids) => read((query) => managersOf(query, workspaceId, ids)),
    photoHashesOf: (ids) => read((query) => photoHashesOf(query, workspaceId, ids)),
    photoOf: (contactId) => read((query) => photoOf(query, workspaceId, contactId)),
    reportsPage: (managerId, page) => reportsPage(scope, managerId, page),
    reportsPagesOf: (managerIds, first) => reportsPages(scope, managerIds, first),

    createContact: (edit, by) => createContact(scope, edit, by),
    updateContact: (id, expectedVersion, change, by) => updateContact(scope, id, expectedVersion, change, by),
    mergeContacts: (keepId, dropId, merge, by) => mergeContacts(scope, keepId, dropId, merge, by),
    deleteContacts: (ids, by) => deleteContacts(scope, ids, by),

    revertChange: (changeSet, position, by) => revertChange(scope, changeSet, position, by),

    createConnection: (edit, secrets, by) => createConnection(scope, sealer, edit, secrets, by),
    updateConnection: (id, expectedVersion, change) => updateConnection(scope, sealer, id, expectedVersion, change),
    saveFile: (connectionId, name, bytes) => saveFile(scope, connectionId, name, bytes),
    deleteConnection: (id, contacts, by) => deleteConnection(scope, id, contacts, by),
  };
}
