// wa-sqlite over access handles that tabs hand to each other, driven inside its worker.
import { openInside } from './inside.js'

export const open = (options) => openInside('/bench/wa_worker.js?OPFSCoopSyncVFS', options)
