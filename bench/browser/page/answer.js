// A worker's side of inside.js: one message there, one back.

/** From now on each message `{ call, args }` is answered by the function of that name. */
export function answerWith(calls) {
  const answer = async ({ call, args }) => {
    try {
      postMessage({ result: await calls[call](args) })
    } catch (error) {
      postMessage({ error: String(error) })
    }
  }
  onmessage = ({ data }) => void answer(data)
}
