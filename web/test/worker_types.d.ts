// What only workers have: tests that run the worker's side in Node see the page's types beside it.
interface FileSystemSyncAccessHandle {
  close(): void
  flush(): void
  getSize(): number
  read(to: AllowSharedBufferSource, options?: { at?: number }): number
  truncate(size: number): void
  write(from: AllowSharedBufferSource, options?: { at?: number }): number
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>
}
