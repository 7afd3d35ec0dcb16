// What the app and the frame that draws a PDF say to each other.

/** Once, when the frame stands: the document, and what its buttons are called. */
export type ToFrame = { bytes: ArrayBuffer; larger: string; smaller: string }
/** `close`: somebody has pressed Escape in there. */
export type FromFrame = 'shown' | 'failed' | 'close'
