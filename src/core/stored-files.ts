/** A file that was uploaded for a connection: one whole version of it. */
export type StoredFile = { id: string; name: string; bytes: number; uploadedAt: Date };

/** All parts in which a file is stored are of this size, but for the last one. */
export const filePartBytes = 1024 * 1024;

/** The file that is stored for one connection. */
export type StoredFiles = {
  /** Its newest version; null: none has been uploaded. A run keeps the version that it has found until its work is over. */
  find(): Promise<StoredFile | null>;
  /**
   * The bytes of a version from its beginning, piece by piece. Whoever stops early ends the iteration. Throws an AppError when
   * the version is gone.
   */
  read(fileId: string): AsyncIterable<Uint8Array>;
};

/** The files of all connections, for a look at them: an upload meanwhile may take the version away that was found. */
export type FileStore = { of(workspaceId: string, connectionId: string): StoredFiles };
