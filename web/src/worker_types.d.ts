// What only workers have: where the worker's side runs elsewhere, the page's types are beside it.
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
