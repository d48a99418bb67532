// The life of the page, as far as engines are concerned: when it must let go of everything, and
// when it may have it again.

export interface LifeEvents {
  /** The page is about to sleep, or to be kept for a way back: all before this returns. */
  suspend(): void
  /** It is awake again. May come without `suspend` before it. */
  resume(): void
  hidden(): void
}

/** Listens until the returned function is called. Where there is no page, nothing ever happens. */
export function watchLife(events: LifeEvents): () => void {
  if (typeof document === 'undefined') return () => {}
  const off = new AbortController()
  const { signal } = off
  const suspend = (): void => events.suspend()
  const resume = (): void => events.resume()
  // A page that is not kept ends with its worker, which may get to its last requests until then.
  const onHide = ({ persisted }: PageTransitionEvent): void => void (persisted && suspend())
  window.addEventListener('pagehide', onHide, { signal })
  document.addEventListener('freeze', suspend, { signal })
  window.addEventListener('pageshow', resume, { signal })
  document.addEventListener('resume', resume, { signal })
  const onVisibility = (): void => {
    if (document.visibilityState === 'hidden') events.hidden()
  }
  document.addEventListener('visibilitychange', onVisibility, { signal })
  return () => off.abort()
}
