import { connect } from './libsql.js';

/**
 * Keeps a folder to one process. The lock is the operating system's own, so it ends with the process however that ends:
 * there is no stale file to delete after a crash.
 * @returns a function that lets go
 * @throws CSM-STORE-IN-USE
 */
export function holdLock(file: string): () => void {
  const lock = connect(file);
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
  };
}
