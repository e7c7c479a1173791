/** One complete version of a file that was uploaded for a connection. */
export type StoredFile = { id: string; name: string; bytes: number; uploadedAt: Date };

/** The size of the parts in which a file is stored. Only the last part may be smaller. */
export const filePartBytes = 1024 * 1024;

/** The file that is stored for one connection. */
export type StoredFiles = {
  /** The newest version; null: none has been uploaded. A run keeps the version that it found until it ends. */
  find(): Promise<StoredFile | null>;
  /**
   * The bytes of a version from its beginning, piece by piece. A reader may end the iteration early. Throws an AppError when the
   * version has been deleted.
   */
  read(fileId: string): AsyncIterable<Uint8Array>;
};

/** The files of all connections, for reading outside of runs. A new upload may delete the version that was found. */
export type FileStore = { of(workspaceId: string, connectionId: string): StoredFiles };
