// The files of one database, by slot, as the module's imports reach them. Nothing here throws: what
// goes wrong is a number below zero.

export const failed = -1
export const noSpace = -2
export const notOpen = -3

/** The numbers are those of src/store/files.h. */
export const slots = { database: 0, log: 1, journal: 2, scratch: 3 } as const
export const slotCount = 11

export interface Files {
  /** How many bytes were read: fewer than asked for, only at the end of the file. */
  read(slot: number, to: Uint8Array, offset: number): number
  /** Writes all of it, or reports that there is no space. */
  write(slot: number, from: Uint8Array, offset: number): number
  truncate(slot: number, size: number): number
  /** What was written survives a power cut. */
  flush(slot: number): number
  size(slot: number): number
}
