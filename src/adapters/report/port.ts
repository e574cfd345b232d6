/** Keeps reports as files on the worker's host. */
export interface ReportFiles {
  /**
   * Writes a file, whole or not at all, and reads it back.
   *
   * @param folder below `directory`; made if it is not there
   * @returns the absolute path
   */
  write(directory: string, folder: string, name: string, text: string): Promise<string>;
}
