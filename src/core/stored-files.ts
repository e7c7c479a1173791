/** The files that are stored for sources of one workspace, by the ids under which their settings know them. */
export type StoredFiles = {
  /**
   * A file's bytes from its beginning, piece by piece, of some hundred KB each. Whoever stops early ends the iteration. Throws an
   * AppError when there is no such file.
   */
  read(fileId: string): AsyncIterable<Uint8Array>;
};

/** The files of all workspaces. */
export type FileStore = { of(workspaceId: string): StoredFiles };
