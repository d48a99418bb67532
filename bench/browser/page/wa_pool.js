// wa-sqlite over a pool of access handles, driven inside its worker.
import { openInside } from './inside.js'

export const open = (options) => openInside('/bench/wa_worker.js?AccessHandlePoolVFS', options)
